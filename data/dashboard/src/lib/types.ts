// SPDX-License-Identifier: MIT
import type { components, operations } from './gen/api';

type Schemas = components['schemas'];
export type Approval = Schemas['Approval'];
export type ApiToken = Schemas['ApiToken'];
export type Attachment = Schemas['Attachment'];
export type SentAttachment = Pick<Attachment, 'id' | 'name' | 'media_type' | 'size'>;
export type AuditProof = Schemas['AuditProof'];
export type AuditRecord = Schemas['AuditRecord'];
export type Call = Schemas['Call'];
export type CallOutput = Schemas['CallOutput'];
export type Change = Schemas['Change'];
export type Command = Schemas['Command'];
export type CommandAnswer = Schemas['CommandAnswer'];
export type Confinement = Schemas['Confinement'];
export type Credential = Schemas['Credential'];
export type FoundServer = Schemas['FoundServer'];
export type Grant = Schemas['Grant'];
export type Login = Schemas['Login'];
export type HttpTool = Schemas['HttpTool'];
export type Memory = Schemas['Memory'];
export type Operator = Schemas['Operator'];
export type OperatorFile = Schemas['OperatorFile'];
export type OperatorStatus = Schemas['OperatorStatus'];
export type OperatorVersion = Schemas['OperatorVersion'];
export type Plugin = Schemas['Plugin'];
export type Policy = Schemas['Policy'];
export type PolicyRule = Schemas['PolicyRule'];
export type PolicyTrial = Schemas['PolicyTrial'];
export type Provider = Schemas['Provider'];
export type ProviderType = Schemas['ProviderType'];
export type RouteTrial = Schemas['RouteTrial'];
export type Run = Schemas['Run'];
export type SearchHit = Schemas['SearchHit'];
export type ScopeChange = Schemas['ScopeChange'];
export type ScopeFinding = Schemas['ScopeFinding'];
export type ScopeHost = Schemas['ScopeHost'];
export type ScopeScan = Schemas['ScopeScan'];
export type ScopeService = Schemas['ScopeService'];
export type ScopeSubnet = Schemas['ScopeSubnet'];
export type ScopeSummary = Schemas['ScopeSummary'];
export type SecondFactor = Schemas['SecondFactor'];
export type SecondFactorAsked = Schemas['SecondFactorAsked'];
export type Server = Schemas['Server'];
export type SignIn = Schemas['SignIn'];
export type UsageEntry = Schemas['UsageEntry'];
export type UsageTotal = Schemas['UsageTotal'];
export type User = Schemas['User'];
export type Session = Schemas['Session'];
export type Settings = Schemas['Settings'];
export type Setup = Schemas['Setup'];
export type Status = Schemas['Status'];
export type Tool = Schemas['Tool'];
export type ToolSettings = Schemas['ToolSettings'];
export type Level = Tool['level'];
export type Role = Schemas['User']['role'];

export type Body<Id extends keyof operations> = operations[Id] extends {
  requestBody: { content: { 'application/json': infer T } };
}
  ? T
  : never;

export interface AssistantCall {
  id: string;
  name: string;
  arguments: Record<string, unknown> | null;
}

export type Plan = NonNullable<Run['plan']>;

export interface MessageContent {
  text?: string;
  attachments?: SentAttachment[];
  code?: string;
  plan?: Plan;
  reasoning?: string;
  refusal?: string;
  calls?: AssistantCall[];
  results?: { call_id: string; name: string; text: string; is_error: boolean }[];
  stop_reason?: string;
  cut_short?: boolean;
  model?: string | null;
  cost_micros?: number;
  /** No price is known. */
  unpriced?: boolean;
  usage?: { input_tokens?: number | null; output_tokens?: number | null; estimated?: boolean };
  /** Of notices. */
  summary?: string;
  n_messages?: number;
  provider?: string;
  error?: string;
}

/** The description leaves `content` open, because its shape depends on `kind`. */
export type Message = Omit<Schemas['Message'], 'content'> & { content: MessageContent };

export interface Live {
  run_id: string | null;
  operator_name: string | null;
  text: string;
  reasoning: string;
  outputs: Record<string, string>;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}
