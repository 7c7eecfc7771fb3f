// SPDX-License-Identifier: MIT
// Carries what the live socket says into the query cache. Records that an event brings whole are put in
// place; lists whose membership may have changed are fetched again.
import { putApproval } from './approvals';
import { isLive, putCall, putMessage, putRun } from './chat';
import { addChildText, clearChildText, putChild, putRunMessage } from './delegation';
import { type LiveEvent, type LiveSocket, live } from './live';
import { queryClient } from './query';
import { ReplyStream } from './stream';
import type { Approval, Call, Message, Run } from './types';

const everywhere = [
  'approvals',
  'changes',
  'runs',
  'sessions',
  'operators',
  'providers',
  'plugins',
  'settings',
  'servers',
  'credentials',
  'http-tools',
  'scope',
  'memories',
];

const byTopic: Record<string, string[]> = {
  // Of what others ask for, only that there is something new.
  approvals: ['approvals', 'grants', 'status'],
  runs: ['operator-status', 'status'],
  changes: ['changes'],
  operators: ['operators', 'operator'],
  providers: ['providers', 'setup', 'status'],
  plugins: ['plugins', 'tools', 'provider-types'],
  scope: ['scope', 'servers'],
  settings: ['settings', 'status', 'tool-settings'],
  sessions: ['sessions', 'session'],
  servers: ['servers', 'credentials'],
  credentials: ['credentials', 'servers'],
  'http-tools': ['http-tools', 'tools'],
  memories: ['memories'],
};

const streams = new Map<string, ReplyStream>();

export function streamOf(sessionId: string): ReplyStream {
  const stream = streams.get(sessionId) ?? new ReplyStream();
  streams.set(sessionId, stream);
  return stream;
}

function invalidate(...keys: string[]): void {
  for (const key of keys) void queryClient.invalidateQueries({ queryKey: [key] });
}

/** A fetch that is under way may bring what was so before the event: ask again. */
function outrun(...key: string[]): void {
  if (queryClient.isFetching({ queryKey: key }) === 0) return;
  const filter = { queryKey: key };
  void queryClient.cancelQueries(filter).then(() => queryClient.invalidateQueries(filter));
}

/** A run that another has asked for shows under that one, not in the conversation. */
function onChild(run: Run): void {
  putChild(run);
  outrun('run-children', run.parent_run_id ?? '');
  if (!isLive(run)) clearChildText(run.id);
}

function onRun(run: Run): void {
  invalidate('operator-status');
  if (run.parent_run_id) {
    onChild(run);
    return;
  }
  putRun(run);
  outrun('session-runs', run.session_id);
  const stream = streams.get(run.session_id);
  if (stream && !isLive(run) && stream.state.settledBy === null) stream.clearText();
  invalidate('runs', 'status', 'sessions');
}

function onApproval(approval: Approval): void {
  putApproval(approval);
  outrun('approval', approval.id);
  invalidate('approvals', 'grants', 'status', 'operator-status');
}

function onMessage(message: Message): void {
  putRunMessage(message);
  if (message.depth > 0) {
    outrun('run-messages', message.run_id ?? '');
    if (message.kind === 'assistant') clearChildText(message.run_id ?? '');
    return;
  }
  putMessage(message);
  outrun('messages', message.session_id);
  if (message.kind === 'assistant') streams.get(message.session_id)?.settle(message.id);
  // What the first model had begun to write is not what the second one says.
  if (message.content.code === 'fallback') streams.get(message.session_id)?.clearText();
}

/** A call that runs has used the grant of its approval: what holds once holds no more. */
function onGrantUsed(approvalId: string): void {
  void queryClient.invalidateQueries({ queryKey: ['approval', approvalId] });
  invalidate('grants');
}

function onCall(call: Call): void {
  putCall(call);
  if (call.state === 'done') invalidate('changes');
  outrun('calls', call.run_id);
  if (call.approval_id && call.state !== 'waiting') onGrantUsed(call.approval_id);
}

function onDelta(topic: string, data: { run_id: string; kind: string; text: string }): void {
  streams.get(topic.slice('session:'.length))?.addText(data.run_id, data.kind, data.text);
}

function onChildDelta(data: { run_id: string; kind: string; text: string }): void {
  addChildText(data.run_id, data.kind, data.text);
}

function onOutput(topic: string, data: { call_id: string; text: string }): void {
  streams.get(topic.slice('session:'.length))?.addOutput(data.call_id, data.text);
}

/** Another branch is shown: what is in the cache is of the one before. */
function onBranch({ session_id }: { session_id: string }): void {
  for (const key of ['messages', 'session-runs', 'session'])
    void queryClient.invalidateQueries({ queryKey: [key, session_id] });
}

export function applyEvent({ topic, event, data }: LiveEvent): void {
  if (event === 'run.changed') onRun(data as Run);
  else if (event === 'call.changed') onCall(data as Call);
  else if (event === 'message.added') onMessage(data as Message);
  else if (event === 'branch.shown') onBranch(data as { session_id: string });
  else if (event === 'text.delta') onDelta(topic, data as { run_id: string; kind: string; text: string });
  else if (event === 'child.delta') onChildDelta(data as { run_id: string; kind: string; text: string });
  else if (event === 'call.output') onOutput(topic, data as { call_id: string; text: string });
  else if (event.startsWith('approval.')) onApproval(data as Approval);
  else if (event.startsWith('grant.')) invalidate('grants', 'approvals', 'approval');
  else invalidate(...(byTopic[topic] ?? []));
}

/** Keeps the cache in step for as long as somebody is signed in; returns how to end it. */
export function startLiveSync(socket: LiveSocket = live): () => void {
  const ends = [
    socket.onEvent(applyEvent),
    socket.onResync(() => void queryClient.invalidateQueries()),
    socket.subscribe(everywhere),
  ];
  socket.start();
  return () => {
    for (const end of ends) end();
    socket.stop();
    streams.clear();
  };
}
