// SPDX-License-Identifier: MIT
// A stand-in for the daemon: serves the built dashboard under the daemon's own content policy, and enough of
// the API to work on every page. Usage: node mock/server.mjs [PORT] [fresh|full]
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer } from 'ws';
import * as data from './data.mjs';
import { Story } from './story.mjs';

const port = Number(process.argv[2] ?? 3999);
const isFresh = process.argv[3] === 'fresh';
const dist = process.env.VIG_DASHBOARD_OUT ?? 'dist';
const policy =
  "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
const mime = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

const sockets = new Set();
const stories = new Map();
const world = {
  user: data.user,
  status: data.status,
  pace: Number(process.env.PACE ?? 30),
  sessions: [],
  messages: [],
  runs: [],
  calls: [],
  approvals: [],
  grants: [],
  audit: [],
  live: new Map(),
  waiting: new Map(),
  publish(topics, event, body) {
    for (const topic of topics)
      for (const socket of sockets)
        if (socket.topics.has(topic)) socket.send(JSON.stringify({ topic, event, data: body }));
  },
  countPending() {
    data.status.approvals_pending = world.approvals.filter((approval) => approval.status === 'pending').length;
  },
  settle(approval, status, values = {}) {
    Object.assign(approval, values, { status, decided_at: new Date().toISOString() });
    world.countPending();
    world.publish(['approvals'], 'approval.decided', approval);
    world.waiting.get(approval.id)?.();
  },
};
const setup = {
  needs_secret: isFresh,
  needs_owner: isFresh,
  needs_provider: isFresh,
  needs_token: isFresh,
  keyring_available: false,
  secret_changed: false,
};
let isSignedIn = !isFresh;

function fail(status, code, message, details = null) {
  throw Object.assign(new Error(message), { status, body: { error: { code, message, details } } });
}

function page(items, query) {
  const limit = Number(query.get('limit') ?? 50);
  const start = Number(query.get('after') ?? 0);
  const part = items.slice(start, start + limit);
  return { items: part, next: start + limit < items.length ? String(start + limit) : null };
}

function find(items, id) {
  return items.find((item) => item.id === id) ?? fail(404, 'not_found', 'there is nothing with this id');
}

function crud(noun, items, make) {
  return {
    [`GET ${noun}`]: ({ query }) => page(items, query),
    [`GET ${noun}/:`]: ({ id }) => find(items, id),
    [`POST ${noun}`]: ({ body }) => {
      if (items.some((item) => item.name === body.name))
        fail(409, 'exists', `there is already one named ${body.name}`, { field: 'name' });
      const item = { id: data.id(), created_at: data.at(0), updated_at: data.at(0), ...make(body) };
      items.push(item);
      return item;
    },
    [`PATCH ${noun}/:`]: ({ id, body }) => Object.assign(find(items, id), make(body)),
    [`DELETE ${noun}/:`]: ({ id }) => void items.splice(items.indexOf(find(items, id)), 1),
  };
}

function providerOf({ api_key, ...rest }) {
  if (rest.is_default) for (const other of data.providers) other.is_default = false;
  setup.needs_provider = false;
  return api_key === undefined && !rest.type ? rest : { ...rest, key: { set: Boolean(api_key), readable: true } };
}

const login = () => ({ user: data.user, csrf_token: 'mock' });
const models = {
  models: [
    { id: 'claude-sonnet-4-5', context_length: 200000, input_price: 3, output_price: 15, sees_images: true },
    { id: 'claude-haiku-4-5', context_length: 200000, input_price: 3, output_price: 15, sees_images: true },
  ],
};

const routes = {
  'GET setup': () => setup,
  'POST setup/secret': ({ body }) => {
    setup.needs_secret = false;
    return { generated: body.secret === null ? 'q7Vv-2mXh-J8sd-Lw0P-r4Ty-9KbC-uE3n-Zf6A' : null };
  },
  'POST setup/owner': ({ body }) => {
    data.user.name = body.name;
    setup.needs_owner = false;
    isSignedIn = true;
    return login();
  },
  'POST login': ({ body }) => {
    if (body.password === 'wrong') fail(401, 'unauthenticated', 'Name or password is wrong.');
    isSignedIn = true;
    return login();
  },
  'POST logout': () => {
    isSignedIn = false;
  },
  'GET me': () => login(),
  'POST me/password': () => undefined,
  'GET status': () => data.status,
  'GET settings': () => data.settings,
  'PATCH settings': ({ body }) => Object.assign(data.settings, body),
  'GET tools': () => ({ items: data.tools, next: null }),
  'GET plugins': () => ({ items: data.plugins, next: null }),
  'POST plugins/rescan': () => ({ items: data.plugins, next: null }),
  'GET provider-types': () => ({ items: data.providerTypes, next: null }),
  'GET providers/discovered': () => ({ items: [], next: null }),
  'POST providers/test': ({ body }) =>
    body.api_key === 'wrong'
      ? fail(502, 'remote', 'Anthropic refused the key: invalid x-api-key')
      : body.type === 'offline'
        ? { models: [] }
        : models,
  'POST providers/:/test': () => models,
  ...crud('providers', data.providers, providerOf),
  ...crud('servers', data.servers, (body) => body),
  ...crud('credentials', data.credentials, ({ name, kind }) => ({ name, kind })),
  ...crud('operators', data.operators, (body) => body),
  ...crud('sessions', world.sessions, (body) => ({ run_state: null, title: 'New chat', ...body })),
  'GET sessions': ({ query }) => {
    const pinned = query.get('pinned');
    return page(
      world.sessions.filter((session) => pinned === null || String(session.pinned ?? false) === pinned),
      query,
    );
  },
  'GET search': ({ query }) => {
    const text = query.get('text').toLowerCase();
    const hits = world.messages.filter((message) => message.content.text?.toLowerCase().includes(text));
    const items = hits.map(({ id, session_id, kind, operator_name, created_at, content }) => {
      const session_title = find(world.sessions, session_id).title;
      const snippet = [{ text: content.text.slice(0, 120), hit: false }];
      return { message_id: id, session_id, session_title, kind, operator_name, created_at, snippet };
    });
    return { ...page(items, query), sessions: [] };
  },
  'GET commands': ({ query }) => page(data.commands, query),
  'GET usage': ({ query }) => page([], query),
  'GET usage/totals': ({ query }) => page([], query),
  'GET tokens': ({ query }) => page(data.tokens, query),
  'POST tokens': ({ body }) => {
    const details = {
      id: data.id(),
      name: body.name,
      created_at: data.at(0),
      expires_at: data.at(-1440 * body.days),
      last_used_at: null,
    };
    data.tokens.push(details);
    return { token: 'vig_7Jx0mS2qLr8tWc4nYb6vKd1eHg3uPa5z', details };
  },
  'DELETE tokens/:': ({ id }) => void data.tokens.splice(data.tokens.indexOf(find(data.tokens, id)), 1),
  'GET sessions/:/messages': ({ id, query }) => {
    const all = world.messages.filter((message) => message.session_id === id).reverse();
    const part = page(all, query);
    return { ...part, items: part.items.reverse() };
  },
  'POST sessions/:/messages': ({ id, body }) => {
    const story = new Story(world, find(world.sessions, id), body.text);
    stories.set(story.run.id, story);
    void story.play();
    return story.run;
  },
  'GET sessions/:/live': ({ id }) => ({
    run_id: null,
    operator_name: null,
    text: '',
    reasoning: '',
    outputs: {},
    ...world.live.get(id),
  }),
  'GET runs': ({ query }) => {
    const [state, session] = [query.get('state'), query.get('session_id')];
    const matches = (run) =>
      (!session || run.session_id === session) && (!state || (state === 'live' ? !run.ended_at : run.state === state));
    return page(world.runs.filter(matches), query);
  },
  'GET runs/:/calls': ({ id }) => ({ items: world.calls.filter((call) => call.run_id === id), next: null }),
  'POST runs/:/stop': ({ id }) => {
    stories.get(id)?.stop();
    return find(world.runs, id);
  },
  'GET approvals': ({ query }) =>
    page(
      world.approvals.filter((approval) => !query.get('status') || approval.status === query.get('status')),
      query,
    ),
  'GET approvals/:': ({ id }) => find(world.approvals, id),
  'POST approvals/:/decision': ({ id, body }) => {
    const approval = find(world.approvals, id);
    if (approval.status !== 'pending') fail(409, 'conflict', 'it has been decided already');
    const isApproved = body.decision === 'approve';
    const values = {
      decided_by: data.user.name,
      mode: isApproved ? (body.mode ?? 'once') : null,
      minutes: body.minutes ?? null,
      deny_reason: body.reason ?? null,
      edited_arguments: isApproved ? (body.arguments ?? null) : null,
      granted_resource: isApproved ? (body.resource ?? approval.resource) : null,
    };
    const grantId = data.id();
    if (isApproved)
      values.grant = { id: grantId, expires_at: data.at(-(body.minutes ?? 15)), used_at: null, revoked_at: null };
    world.settle(approval, isApproved ? 'approved' : 'denied', values);
    if (isApproved)
      world.grants.unshift({
        id: grantId,
        approval_id: id,
        operator_id: approval.operator_id,
        operator_name: approval.operator_name,
        tool: approval.tool,
        level: approval.level,
        resource: approval.resource,
        mode: values.mode,
        granted_by: data.user.name,
        created_at: data.at(0),
        expires_at: values.grant.expires_at,
        used_at: null,
        revoked_at: null,
        session_id: values.mode === 'conversation' ? approval.session_id : null,
      });
    return approval;
  },
  'GET grants': ({ query }) => page(world.grants, query),
  'POST grants/:/revoke': ({ id }) => Object.assign(find(world.grants, id), { revoked_at: data.at(0) }),
  'GET audit/proof': () => ({
    key: null,
    size: world.audit.length,
    unsigned: world.audit.length,
    sealed: 0,
    checkpoint: null,
    places: [],
  }),
  'GET audit': ({ query }) => {
    const wanted = [...query].filter(([name]) => !['limit', 'after', 'from', 'until'].includes(name));
    const matches = (record) =>
      wanted.every(([name, value]) =>
        name === 'text' ? JSON.stringify(record).includes(value) : record[name] === value,
      );
    return page(world.audit.filter(matches), query);
  },
};

const open = ['setup', 'setup/secret', 'setup/owner', 'login'];

async function answer(request, response, url) {
  const parts = url.pathname.replace('/api/v1/', '').split('/');
  const key = (list) => `${request.method} ${list.join('/')}`;
  const route = routes[key(parts)] ?? routes[key(parts.map((part, index) => (index === 1 ? ':' : part)))];
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {};
  let status = 200;
  let result;
  try {
    if (!route) fail(404, 'not_found', `the stand-in has no ${url.pathname}`);
    if (!isSignedIn && !open.includes(parts.join('/'))) fail(401, 'unauthenticated', 'sign in first');
    result = route({ id: parts[1], query: url.searchParams, body });
  } catch (error) {
    status = error.status ?? 500;
    result = error.body ?? { error: { code: 'failed', message: String(error), details: null } };
  }
  response.writeHead(result === undefined ? 204 : status, { 'content-type': 'application/json' });
  response.end(result === undefined ? undefined : JSON.stringify(result));
}

function serveFile(response, path) {
  const name = normalize(path).replace(/^(\.\.[/\\])+/, '');
  let file = name;
  let content;
  try {
    content = readFileSync(join(dist, name));
  } catch {
    file = '/index.html';
    content = readFileSync(join(dist, file));
  }
  response.writeHead(200, {
    'content-type': mime[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': policy,
  });
  response.end(content);
}

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://mock');
  if (url.pathname.startsWith('/api/v1/')) return void answer(request, response, url);
  serveFile(response, url.pathname === '/' ? '/index.html' : url.pathname);
});

new WebSocketServer({ server, path: '/api/v1/live' }).on('connection', (socket) => {
  socket.topics = new Set();
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  socket.on('message', (text) => {
    const { subscribe = [], unsubscribe = [] } = JSON.parse(text);
    for (const topic of subscribe) socket.topics.add(topic);
    for (const topic of unsubscribe) socket.topics.delete(topic);
  });
});

if (isFresh) data.providers.length = 0;
else
  for (let count = 60; count > 0; count--)
    world.audit.unshift(data.auditRecord(count * 37, ['login', 'settings.changed', 'operator.updated'][count % 3]));
server.listen(port, '127.0.0.1', () => console.log(`stand-in daemon on http://127.0.0.1:${port}`));
