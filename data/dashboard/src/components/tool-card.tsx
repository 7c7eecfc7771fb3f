// SPDX-License-Identifier: MIT
import { Ban, Check, CircleHelp, Hourglass, LoaderCircle, type LucideIcon, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { _ } from '../lib/i18n';
import { showTarget } from '../lib/target';
import type { ToolResult } from '../lib/transcript';
import type { AssistantCall, Call } from '../lib/types';
import { diffOfWrite } from '../lib/write-diff';
import { Arguments } from './arguments';
import { LevelBadge } from './level';
import { Diff, Output, PreviewView } from './output';
import { Result } from './result';
import { Duration } from './time';

interface Shown {
  icon: LucideIcon;
  word: string;
  look: string;
}

function stateOf(call: Call | null, result: ToolResult | null): Shown {
  if (!call) return resultState(result);
  if (call.state === 'waiting') return { icon: Hourglass, word: _('Waits for approval'), look: 'wait' };
  if (call.state !== 'done') return { icon: LoaderCircle, word: _('Running'), look: 'busy' };
  switch (call.outcome) {
    case 'success':
      return { icon: Check, word: _('Done'), look: 'good' };
    case 'denied':
      return { icon: Ban, word: _('Denied'), look: 'bad' };
    case 'interrupted':
      return { icon: CircleHelp, word: _('Interrupted: it may or may not have happened'), look: 'wait' };
    case 'unknown':
      return { icon: CircleHelp, word: _('Outcome unknown'), look: 'wait' };
    default:
      return { icon: X, word: _('Failed'), look: 'bad' };
  }
}

function resultState(result: ToolResult | null): Shown {
  if (!result) return { icon: LoaderCircle, word: _('Preparing'), look: 'busy' };
  return result.is_error ? { icon: X, word: _('Failed'), look: 'bad' } : { icon: Check, word: _('Done'), look: 'good' };
}

export function CallState({ call, result }: { call: Call | null; result: ToolResult | null }) {
  const { icon: Icon, word, look } = stateOf(call, result);
  return (
    <span className={`badge ${look}`}>
      <Icon className={`icon ${Icon === LoaderCircle ? 'spin' : ''}`} aria-hidden />
      {word}
    </span>
  );
}

/** The command line of a call that runs one. */
export function commandOf(tool: string, value: Record<string, unknown> | null | undefined): string | undefined {
  if (!/\b(exec|shell|command)\b/.test(tool)) return undefined;
  const command = value?.command ?? value?.argv ?? value?.cmd;
  if (Array.isArray(command)) return command.join(' ');
  return typeof command === 'string' ? command : undefined;
}

interface Props {
  declared: AssistantCall | null;
  call: Call | null;
  result: ToolResult | null;
  output: string | undefined;
  children?: ReactNode;
  footer?: ReactNode;
}

export function ToolCard({ declared, call, result, output, children, footer }: Props) {
  const tool = call?.tool ?? declared?.name ?? '';
  const value = call?.edited_arguments ?? call?.arguments ?? declared?.arguments;
  const command = commandOf(tool, value);
  // Where somebody was asked, the approval shows the change against what was there; where nobody was, the call has it once it runs.
  const preview = call?.preview;
  const diff = preview || call?.approval_id ? undefined : diffOfWrite(tool, value);
  const finished = call?.result?.text ?? result?.text;
  const isFailed = call?.outcome === 'failed' || call?.outcome === 'denied';
  return (
    <section className="tool-card" aria-label={_('Tool call {tool}', { tool })}>
      <header>
        <span className="mono name">{tool}</span>
        <LevelBadge level={call?.level ?? null} />
        {call?.resource && <span className="mono target">{showTarget(call.resource)}</span>}
        <span className="grow" />
        {call?.started_at && <Duration from={call.started_at} to={call.ended_at} />}
        <CallState call={call} result={result} />
      </header>
      {diff && <Diff text={diff} />}
      {preview && <PreviewView preview={preview} />}
      {!command && !diff && preview?.kind !== 'diff' && call?.state !== 'waiting' && (
        <details className="args">
          <summary>{_('Arguments')}</summary>
          <Arguments value={value} />
        </details>
      )}
      {children && <div className="approval-in-call">{children}</div>}
      {finished !== undefined && (finished || command) && call?.state !== 'waiting' && (
        <Result text={finished} command={command} />
      )}
      {finished === undefined && (output || command) && call?.state !== 'waiting' && (
        <Output
          text={output ?? ''}
          look={command ? 'terminal' : 'plain'}
          command={command}
          streaming={call?.state === 'running'}
        />
      )}
      {isFailed && call?.decision?.reason && call.decision.verdict === 'deny' && (
        <p className="small muted">{call.decision.reason}</p>
      )}
      {footer}
    </section>
  );
}
