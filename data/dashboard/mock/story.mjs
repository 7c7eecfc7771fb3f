// SPDX-License-Identifier: MIT
// What the stand-in daemon does with a message: routes, streams, asks for approval, runs, answers.
import { auditRecord, id, operators } from './data.mjs';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const iso = () => new Date().toISOString();

const report = `Two file systems are mounted, and both have room:

| Mount | Size | Used | Free |
|---|---:|---:|---:|
| \`/\` | 118 GB | **61 %** | 46 GB |
| \`/srv\` | 3.6 TB | **83 %** | 612 GB |

What I would look at next:

1. \`/srv/media\` grew by 41 GB this week.
2. Old snapshots can go:

\`\`\`sh
zfs list -t snapshot -o name,used -s used | tail -n 5
\`\`\`

Nothing was changed.`;

const df = `Filesystem      Size  Used Avail Use% Mounted on
/dev/sda2       118G   72G   46G  61% /
tank/srv        3.6T  3.0T  612G  83% /srv`;

export class Story {
  constructor(world, session, text) {
    this.world = world;
    this.session = session;
    this.text = text;
    this.topic = `session:${session.id}`;
    this.run = {
      id: id(),
      session_id: session.id,
      user_id: world.user.id,
      state: 'routing',
      operator_id: null,
      operator_name: null,
      routing_reason: null,
      error: null,
      turns: 0,
      usage: null,
      created_at: iso(),
      updated_at: iso(),
      ended_at: null,
      plan: null,
      parent_run_id: null,
      parent_call_id: null,
      root_run_id: null,
      depth: 0,
      ceiling: null,
      strict: false,
      question: null,
    };
    this.isStopped = false;
  }

  change(values) {
    Object.assign(this.run, values, { updated_at: iso() });
    if (values.state && !['routing', 'asking', 'resolving'].includes(values.state)) this.run.ended_at = iso();
    this.session.run_state = this.run.ended_at ? null : this.run.state;
    this.world.status.runs_live = this.world.runs.filter((run) => !run.ended_at).length;
    this.world.publish([this.topic, 'runs'], 'run.changed', this.run);
  }

  say(kind, content) {
    const own = id();
    const last = this.world.messages.findLast((other) => other.session_id === this.session.id);
    const message = {
      id: own,
      parent_id: last?.id ?? null,
      alternatives: [own],
      session_id: this.session.id,
      run_id: this.run.id,
      kind,
      operator_name: kind === 'user' ? null : this.run.operator_name,
      content,
      created_at: iso(),
    };
    this.world.messages.push(message);
    this.world.live.delete(this.session.id);
    this.world.publish([this.topic], 'message.added', message);
    return message;
  }

  async stream(kind, text) {
    for (let at = 0; at < text.length && !this.isStopped; at += 9) {
      const piece = text.slice(at, at + 9);
      const live = this.world.live.get(this.session.id) ?? { text: '', reasoning: '' };
      live[kind] += piece;
      this.world.live.set(this.session.id, { ...live, run_id: this.run.id, operator_name: this.run.operator_name });
      this.world.publish([this.topic], 'text.delta', { run_id: this.run.id, kind, text: piece });
      await sleep(this.world.pace);
    }
  }

  audit(event, extra) {
    const record = auditRecord(0, event, {
      operator_name: this.run.operator_name,
      session_id: this.session.id,
      run_id: this.run.id,
      ...extra,
    });
    this.world.audit.unshift(record);
    this.world.publish(['audit'], 'audit.appended', { seq: record.seq });
  }

  async call(tool, level, resource, value, preview, result) {
    const message = this.say('assistant', {
      text: '',
      reasoning: 'The request names a target, so one call is enough.',
      calls: [{ id: 'call_1', name: tool, arguments: value }],
      stop_reason: 'tool_calls',
    });
    const call = {
      id: id(),
      run_id: this.run.id,
      message_id: message.id,
      provider_call_id: 'call_1',
      tool,
      arguments: value,
      level,
      resource,
      state: 'new',
      decision: null,
      approval_id: null,
      outcome: null,
      result: null,
      created_at: iso(),
      started_at: null,
      ended_at: null,
      edited_arguments: null,
      note: null,
      grant_id: null,
    };
    this.world.calls.push(call);
    const set = (values) => {
      Object.assign(call, values);
      this.world.publish([this.topic], 'call.changed', call);
    };
    if (level !== 'read' && !(await this.approved(call, set, preview))) {
      set({ state: 'done', outcome: 'denied', ended_at: iso(), result: { text: 'denied', is_error: true } });
      return false;
    }
    set({ state: 'running', started_at: iso() });
    this.audit('call.declared', { tool, level, resource, arguments: value, decision: 'allow', call_id: call.id });
    for (const line of result.split(/(?<=\n)/)) {
      this.world.publish([this.topic], 'call.output', { call_id: call.id, text: line });
      await sleep(this.world.pace * 3);
    }
    set({ state: 'done', outcome: 'success', ended_at: iso(), result: { text: result, is_error: false } });
    this.audit('call.outcome', { tool, level, resource, outcome: 'success', call_id: call.id, duration_us: 41_200 });
    this.say('tools', { results: [{ call_id: 'call_1', name: tool, text: result, is_error: false }] });
    return true;
  }

  async approved(call, set, preview) {
    const approval = {
      id: id(),
      call_id: call.id,
      run_id: this.run.id,
      session_id: this.session.id,
      user_id: this.world.user.id,
      user_name: this.world.user.name,
      operator_id: this.run.operator_id,
      operator_name: this.run.operator_name,
      tool: call.tool,
      level: call.level,
      resource: call.resource,
      arguments: call.arguments,
      arguments_sha256: '5f1e0c77'.repeat(8),
      reason: 'You asked for it, and it touches this one target only.',
      preview,
      status: 'pending',
      mode: null,
      minutes: null,
      decided_by: null,
      deny_reason: null,
      created_at: iso(),
      expires_at: new Date(Date.now() + 12 * 60_000).toISOString(),
      decided_at: null,
      granted_resource: null,
      edited_arguments: null,
      taint: {
        n: 2,
        sources: [
          { tool: 'http.fetch', plugin: 'http', resource: 'url:https://example.org/howto', call_id: id(), at: iso() },
          { tool: 'shell.exec', plugin: 'shell', resource: null, call_id: id(), at: iso() },
        ],
      },
      times_approved: 3,
      offer_standing: call.level !== 'elevate',
      rule: 'strict',
      because: 'a person has to approve this call',
      approvers_needed: 1,
      first_by: null,
      first_at: null,
      first_terms: null,
      grant: null,
    };
    this.world.approvals.unshift(approval);
    set({ state: 'waiting', approval_id: approval.id });
    this.world.countPending();
    this.world.publish(['approvals'], 'approval.requested', approval);
    await new Promise((done) => this.world.waiting.set(approval.id, done));
    return approval.status === 'approved';
  }

  route() {
    const mention = operators.find((operator) => this.text.startsWith(`@${operator.name}`));
    if (mention) return [mention, 'you mentioned it'];
    if (/note|write|file|show/i.test(this.text)) return [operators[0], 'asks to write a file'];
    if (/today|did/i.test(this.text)) return [operators[2], 'asks what was done'];
    return [operators[1], 'asks about this machine’s disks'];
  }

  async play() {
    this.world.runs.unshift(this.run);
    this.say('user', { text: this.text });
    this.change({});
    await sleep(this.world.pace * 8);
    const [operator, reason] = this.route();
    this.change({
      state: 'asking',
      operator_id: operator.id,
      operator_name: operator.name,
      routing_reason: reason,
      turns: 1,
    });
    if (/fail/i.test(this.text)) {
      this.change({
        state: 'failed',
        error: { code: 'remote', message: 'Claude answered 529: overloaded. Try again in a minute.' },
      });
      return;
    }
    await this.stream('reasoning', 'The request is plain. One call answers it.');
    this.change({ state: 'resolving' });
    const isWrite = /note|write/i.test(this.text);
    const isDone = isWrite
      ? await this.call(
          'filesystem.write',
          'write',
          '/srv/notes/notes.txt',
          { path: 'notes.txt', text: 'buy milk\nbuy disks\n' },
          { kind: 'diff', text: '--- notes.txt\n+++ notes.txt\n@@ -1 +1,2 @@\n buy milk\n+buy disks\n' },
          'wrote 19 bytes to notes.txt',
        )
      : await this.call(
          'shell.exec',
          'exec',
          '/srv/host',
          { command: 'df -h -x tmpfs' },
          { kind: 'command', text: 'df -h -x tmpfs' },
          df,
        );
    if (this.isStopped) return;
    this.change({ state: 'asking', turns: 2 });
    const answer = !isDone
      ? 'Understood; I have left everything as it was.'
      : isWrite
        ? 'Done: `notes.txt` now says **buy disks**.'
        : report;
    await this.stream('text', answer);
    if (this.isStopped) return;
    this.say('assistant', { text: answer, reasoning: '', calls: [], stop_reason: 'stop' });
    this.change({ state: 'done', usage: { input_tokens: 1840, output_tokens: 212 } });
  }

  stop() {
    this.isStopped = true;
    this.change({ state: 'stopped' });
    for (const approval of this.world.approvals)
      if (approval.run_id === this.run.id && approval.status === 'pending') this.world.settle(approval, 'cancelled');
  }
}
