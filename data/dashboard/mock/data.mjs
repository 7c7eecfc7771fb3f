// SPDX-License-Identifier: MIT
// What the stand-in daemon knows at first: made-up, but of the shape that data/api describes.

const now = Date.now();
let serial = 0;

export function at(minutesAgo) {
  return new Date(now - minutesAgo * 60_000).toISOString();
}

export function id() {
  serial += 1;
  return `01930000-0000-7000-8000-${String(serial).padStart(12, '0')}`;
}

const tool = (name, level, description, properties, required, host = true) => ({
  name,
  title: name,
  description,
  level,
  input_schema: { type: 'object', properties, required, additionalProperties: false },
  timeout: 60,
  host,
  plugin: name.split('.')[0],
  available: true,
});

export const tools = [
  tool(
    'filesystem.read',
    'read',
    "Read a file from the Operator's working directory on the host.",
    {
      path: { type: 'string', minLength: 1, maxLength: 4096, description: 'Relative to the working directory' },
      offset: { type: 'integer', minimum: 0, default: 0, description: 'Bytes to skip' },
    },
    ['path'],
  ),
  tool(
    'filesystem.write',
    'write',
    "Write a file to the Operator's working directory on the host.",
    {
      path: { type: 'string', minLength: 1, description: 'Relative to the working directory' },
      text: { type: 'string', maxLength: 1048576, description: 'The new content' },
      mode: { enum: ['replace', 'append'], default: 'replace', description: 'What happens to a file that is there' },
    },
    ['path', 'text'],
  ),
  tool(
    'shell.exec',
    'exec',
    "Run a shell command on the Vigilus host, confined to the Operator's working directory.",
    {
      command: { type: 'string', minLength: 1, description: 'For sh -c' },
      timeout: { type: 'integer', minimum: 1, maximum: 600, default: 60, description: 'Seconds' },
    },
    ['command'],
  ),
  tool(
    'vigilus.activity',
    'read',
    'List runs and audit records, as far as the asker may see them.',
    {
      since: { type: 'string', format: 'date-time', description: 'From when' },
    },
    [],
    false,
  ),
];

const operator = (name, description, level, names, directory) => ({
  id: id(),
  name,
  description,
  system_prompt: `You are ${name}. ${description}`,
  soul: 'Calm and brief.',
  provider_id: null,
  model: null,
  permission_level: level,
  trust_mode: 'inherit',
  working_directory: directory,
  enabled: true,
  tools: names,
  created_at: at(3000),
  updated_at: at(200),
});

export const operators = [
  operator(
    'Files',
    'Keeps notes and looks after files in its working directory.',
    'write',
    ['filesystem.read', 'filesystem.write'],
    '/srv/notes',
  ),
  operator(
    'Host',
    'Looks after this machine: disks, memory, services and logs.',
    'exec',
    ['shell.exec', 'filesystem.read'],
    '/srv/host',
  ),
  operator(
    'Reporter',
    'Says what was done, by whom and when, from runs and the audit log.',
    'read',
    ['vigilus.activity'],
    null,
  ),
];

export const providerTypes = [
  {
    type: 'anthropic',
    title: 'Anthropic',
    description: 'Claude, from Anthropic’s API.',
    default_base_url: 'https://api.anthropic.com',
    default_model: 'claude-sonnet-4-5',
    help_url: 'https://console.anthropic.com/',
    key: 'required',
    needs_base_url: false,
    options_schema: {
      type: 'object',
      properties: { reasoning: { type: 'string', enum: ['off', 'low', 'medium', 'high'], title: 'Reasoning' } },
    },
  },
  {
    type: 'openai-compatible',
    title: 'OpenAI-compatible',
    description: 'Any endpoint that speaks OpenAI’s format: Ollama, LM Studio, vLLM …',
    default_base_url: null,
    default_model: null,
    help_url: null,
    key: 'optional',
    needs_base_url: true,
    options_schema: null,
  },
  {
    type: 'offline',
    title: 'Offline',
    description: 'Needs no model, key or network.',
    default_base_url: null,
    default_model: null,
    help_url: null,
    key: 'none',
    needs_base_url: false,
    options_schema: null,
  },
];

const provider = (name, type, extra = {}) => ({
  id: id(),
  name,
  type,
  base_url: null,
  default_model: null,
  enabled: true,
  is_default: false,
  options: {},
  key: { set: false, readable: true },
  created_at: at(3000),
  updated_at: at(100),
  ...extra,
});

export const providers = [
  provider('Claude', 'anthropic', {
    is_default: true,
    base_url: 'https://api.anthropic.com',
    default_model: 'claude-sonnet-4-5',
    key: { set: true, readable: true },
  }),
  provider('Kitchen server', 'openai-compatible', {
    base_url: 'http://10.0.0.7:11434/v1',
    default_model: 'qwen3:8b',
    key: { set: true, readable: false },
  }),
];

export const settings = {
  trust_mode: 'strict',
  grant_minutes_default: 15,
  grant_minutes_max: 120,
  approval_wait_minutes: 720,
  approval_wait_minutes_unattended: 1440,
  second_approver_levels: [],
  standing_grant_after: 3,
  standing_grant_days: 30,
  taint_is_strict: true,
  model_titles: false,
  routing_provider_id: null,
  routing_model: null,
  orchestrator_prompt: null,
  run_max_turns: 24,
  run_max_minutes: 30,
  run_max_tokens: 5000000,
  run_max_cents: 0,
  model_prices: null,
  output_limit: 65536,
  second_factor_approvals: 'never',
  second_factor_minutes: 5,
  undo_days: 30,
  undo_file_mb: 256,
  undo_total_mb: 1024,
  web_search_url: null,
  web_networks: [],
};

export const plugins = [
  {
    id: 'filesystem',
    name: 'Filesystem',
    version: '0.1.0',
    description: 'Reads and writes files in a working directory.',
    path: '/usr/lib/vigilus-1/plugins/filesystem.plugin',
    provides: ['tool'],
    isolation: 'in-process',
    state: 'loaded',
    reason: null,
    permissions: {},
    sha256: 'a3f5'.repeat(16),
    tools: ['filesystem.read', 'filesystem.write'],
  },
  {
    id: 'uptime',
    name: 'Uptime',
    version: '1.0.0',
    description: 'Says how long the machine has been up.',
    path: '/etc/vigilus/plugins/uptime.plugin',
    provides: ['tool'],
    isolation: 'process',
    state: 'loaded',
    reason: null,
    permissions: { read: ['/proc/uptime'] },
    sha256: '19bc'.repeat(16),
    tools: ['uptime.get'],
  },
  {
    id: 'stranger',
    name: 'Stranger',
    version: '0.3.0',
    description: 'A policy of unknown origin.',
    path: '/etc/vigilus/plugins/stranger.plugin',
    provides: ['policy'],
    isolation: 'in-process',
    state: 'refused',
    reason: 'provides a policy, which runs in process: an administrator has to allow it first',
    permissions: {},
    sha256: 'e771'.repeat(16),
    tools: [],
  },
];

export const status = {
  version: '0.1.0',
  started_at: at(190),
  uptime_seconds: 190 * 60,
  data_dir: '/var/lib/vigilus',
  database: 'SQLite',
  runs_live: 0,
  approvals_pending: 0,
  secret: 'ok',
  frozen: null,
  helper: { installed: false, public_key: 'vigilus-helper+4ec3d4b5+AX1uZXhhbXBsZQ==' },
  confinement: {
    landlock_abi: 7,
    seccomp: true,
    identity: 'the user that runs the daemon',
    file_tools: 'all',
    usable: true,
    missing: ['namespaces', 'cgroup-pids', 'cgroup-memory'],
    namespaces: [],
    cgroup: { unified: true, pids: false, memory: false, kill: false },
    self_test: {
      ran: true,
      passed: true,
      uid: 998,
      id_mapped: false,
      tests: [
        { name: 'works-inside', held: true },
        { name: 'read-outside', held: true },
        { name: 'network', held: true },
      ],
    },
  },
};

export const user = { id: id(), name: 'maria', role: 'owner', disabled: false, created_at: at(3000) };

export const tokens = [
  { id: id(), name: 'backup script', created_at: at(9000), expires_at: at(-100000), last_used_at: at(33) },
];

let seq = 0;
export function auditRecord(minutesAgo, event, extra = {}) {
  seq += 1;
  return {
    seq,
    id: id(),
    at: at(minutesAgo),
    event,
    user_name: 'maria',
    operator_name: null,
    session_id: null,
    run_id: null,
    call_id: null,
    approval_id: null,
    tool: null,
    level: null,
    resource: null,
    arguments: null,
    decision: null,
    rule: null,
    reason: null,
    outcome: null,
    error: null,
    duration_us: null,
    detail: null,
    ...extra,
  };
}

export const credentials = [
  {
    id: id(),
    name: 'vigilus@nas.home.arpa',
    kind: 'ssh_key',
    public_key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMock0Mock0Mock0Mock0Mock0Mock0Mock0Mock0Moc vigilus',
    fingerprint: 'SHA256:Qm9yaW5nIGZpbmdlcnByaW50IG9mIGEga2V5ISEhISE',
    readable: false,
    servers: ['nas'],
    tools: [],
    created_at: at(9000),
    updated_at: at(9000),
  },
];
export const servers = [
  {
    id: id(),
    name: 'nas',
    host: 'nas.home.arpa',
    port: 22,
    user_name: 'vigilus',
    credential_id: credentials[0].id,
    credential_name: credentials[0].name,
    tags: ['storage', 'cellar'],
    notes: '',
    operators: [],
    host_key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMock',
    docker_endpoint: 'unix:///var/run/docker.sock',
    docker_ca: null,
    docker_certificate: null,
    docker_credential_id: null,
    compose_folders: ['/srv/stacks'],
    host_key_fingerprint: 'SHA256:Qm9yaW5nIGZpbmdlcnByaW50IG9mIGEgaG9zdCEhISE',
    status: 'failed',
    status_message:
      'Host key verification failed: nas.home.arpa shows SHA256:bmV3, but SHA256:Qm9yaW5nIGZpbmdlcnByaW50IG9mIGEgaG9zdCEhISE is pinned since the first connection.',
    system: 'Debian GNU/Linux 12',
    checked_at: at(60),
    last_seen_at: at(7200),
    created_at: at(9000),
    updated_at: at(9000),
  },
];

export const commands = [
  { name: 'help', argument: null, argument_required: false, needs_session: false, description: 'Shows the commands' },
  { name: 'title', argument: 'text', argument_required: true, needs_session: true, description: 'Gives a title' },
];
