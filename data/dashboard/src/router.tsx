// SPDX-License-Identifier: MIT
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { meQuery, needsSetup, setupQuery, signedOut } from './lib/auth';
import { queryClient } from './lib/query';
import { text, texts } from './lib/search';
import { Crash, NotFound } from './pages/shared/crash';
import { Shell } from './pages/shared/shell';

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Crash });

/** Who is not signed in goes to the wizard on a new installation, else to the login; then back to where they were. */
async function enter({ location }: { location: { href: string } }): Promise<void> {
  const me = await queryClient.ensureQueryData(meQuery);
  if (me) return;
  const setup = await queryClient.fetchQuery(setupQuery);
  if (needsSetup(setup)) throw redirect({ to: '/setup' });
  throw redirect({ to: '/login', search: location.href === '/' ? {} : { next: location.href } });
}

async function enterSetup(): Promise<void> {
  const [setup, me] = await Promise.all([queryClient.fetchQuery(setupQuery), queryClient.ensureQueryData(meQuery)]);
  if (needsSetup(setup)) return;
  if (!me) throw redirect({ to: '/login' });
  if (!setup.needs_provider) throw redirect({ to: '/' });
}

/** Only a path of this dashboard is gone to after the login. */
function localPath(value: unknown): string | undefined {
  return typeof value === 'string' && /^\/(?![/\\])/.test(value) ? value : undefined;
}

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  beforeLoad: enterSetup,
  component: lazyRouteComponent(() => import('./pages/setup/setup')),
});

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search: Record<string, unknown>): { next?: string } => {
    const next = localPath(search.next);
    return next ? { next } : {};
  },
  component: lazyRouteComponent(() => import('./pages/login/login')),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: lazyRouteComponent(() => import('./pages/invitation/invitation')),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: enter,
  component: Shell,
  errorComponent: Crash,
});

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/home/home')),
});

const chat = createRoute({
  getParentRoute: () => shell,
  path: '/chat',
  component: lazyRouteComponent(() => import('./pages/chat/chat')),
});

const chatSession = createRoute({
  getParentRoute: () => shell,
  path: '/chat/$sessionId',
  component: lazyRouteComponent(() => import('./pages/chat/chat')),
});

const approvals = createRoute({
  getParentRoute: () => shell,
  path: '/approvals',
  validateSearch: (search: Record<string, unknown>) => texts(search, ['tab']),
  component: lazyRouteComponent(() => import('./pages/approvals/approvals')),
});

const tasks = createRoute({
  getParentRoute: () => shell,
  path: '/tasks',
  validateSearch: (search: Record<string, unknown>) => texts(search, ['state']),
  component: lazyRouteComponent(() => import('./pages/tasks/tasks')),
});

const task = createRoute({
  getParentRoute: () => shell,
  path: '/tasks/$runId',
  component: lazyRouteComponent(() => import('./pages/tasks/task')),
});

const memory = createRoute({
  getParentRoute: () => shell,
  path: '/memory',
  validateSearch: (search: Record<string, unknown>) => texts(search, ['status']),
  component: lazyRouteComponent(() => import('./pages/memory/memory')),
});

const operators = createRoute({
  getParentRoute: () => shell,
  path: '/operators',
  validateSearch: (search: Record<string, unknown>) => texts(search, ['q']),
  component: lazyRouteComponent(() => import('./pages/operators/operators')),
});

const operator = createRoute({
  getParentRoute: () => shell,
  path: '/operators/$operatorId',
  component: lazyRouteComponent(() => import('./pages/operators/operator')),
});

const servers = createRoute({
  getParentRoute: () => shell,
  path: '/servers',
  validateSearch: (search: Record<string, unknown>): { tab?: string; add?: boolean; edit?: string; q?: string } => ({
    ...texts(search, ['tab', 'edit', 'q']),
    ...(search.add === true ? { add: true } : {}),
  }),
  component: lazyRouteComponent(() => import('./pages/servers/servers')),
});

const scope = createRoute({
  getParentRoute: () => shell,
  path: '/scope',
  validateSearch: (search: Record<string, unknown>) =>
    texts(search, ['tab', 'text', 'subnet', 'service', 'status', 'state', 'scan']),
  component: lazyRouteComponent(() => import('./pages/scope/scope')),
});

const scopeHost = createRoute({
  getParentRoute: () => shell,
  path: '/scope/$hostId',
  component: lazyRouteComponent(() => import('./pages/scope/host')),
});

const tools = createRoute({
  getParentRoute: () => shell,
  path: '/tools',
  validateSearch: (search: Record<string, unknown>) => texts(search, ['q', 'level', 'tool', 'tab', 'edit']),
  component: lazyRouteComponent(() => import('./pages/tools/tools')),
});

const usage = createRoute({
  getParentRoute: () => shell,
  path: '/usage',
  validateSearch: (search: Record<string, unknown>) => texts(search, ['by', 'days', 'who']),
  component: lazyRouteComponent(() => import('./pages/usage/usage')),
});

const auditMembers = [
  'event',
  'user_name',
  'operator_name',
  'tool',
  'level',
  'outcome',
  'run_id',
  'session_id',
  'call_id',
  'from',
  'until',
  'text',
] as const;

const audit = createRoute({
  getParentRoute: () => shell,
  path: '/audit',
  validateSearch: (search: Record<string, unknown>) => texts(search, auditMembers),
  component: lazyRouteComponent(() => import('./pages/audit/audit')),
});

const settingsHome = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  beforeLoad: () => {
    throw redirect({ to: '/settings/$tab', params: { tab: 'providers' } });
  },
});

const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings/$tab',
  validateSearch: (search: Record<string, unknown>): { add?: boolean; edit?: string } => ({
    ...(search.add === true ? { add: true } : {}),
    ...(text(search.edit) ? { edit: text(search.edit) } : {}),
  }),
  component: lazyRouteComponent(() => import('./pages/settings/settings')),
});

const routeTree = root.addChildren([
  setup,
  login,
  invitation,
  shell.addChildren([
    home,
    chat,
    chatSession,
    approvals,
    tasks,
    task,
    memory,
    operators,
    operator,
    servers,
    scope,
    scopeHost,
    tools,
    audit,
    usage,
    settingsHome,
    settings,
  ]),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  scrollRestoration: false,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

let isLeaving = false;

/** The pages go before what they show does, else they would fetch it again. */
export async function leaveForLogin(): Promise<void> {
  const { href, pathname } = router.state.location;
  if (pathname === '/login' || isLeaving) return;
  isLeaving = true;
  await router.navigate({ to: '/login', search: href === '/' ? {} : { next: href } });
  signedOut();
  isLeaving = false;
}
