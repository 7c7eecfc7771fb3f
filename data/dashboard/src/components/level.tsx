// SPDX-License-Identifier: MIT
import { Eye, KeyRound, type LucideIcon, Pencil, SquareTerminal } from 'lucide-react';
import { _ } from '../lib/i18n';

const levels: Record<string, { icon: LucideIcon; word: () => string; meaning: () => string }> = {
  read: { icon: Eye, word: () => _('Read'), meaning: () => _('looks, changes nothing') },
  write: { icon: Pencil, word: () => _('Write'), meaning: () => _('changes state') },
  exec: { icon: SquareTerminal, word: () => _('Exec'), meaning: () => _('runs commands') },
  elevate: { icon: KeyRound, word: () => _('Elevate'), meaning: () => _('grants more access') },
};

export const levelNames = ['read', 'write', 'exec', 'elevate'] as const;

export function levelWord(level: string): string {
  return levels[level]?.word() ?? level;
}

export function levelMeaning(level: string): string {
  return levels[level]?.meaning() ?? '';
}

export function LevelIcon({ level }: { level: string }) {
  const Icon = levels[level]?.icon ?? KeyRound;
  return <Icon className="icon" aria-hidden />;
}

/** One colour, one word and one sign for a level, wherever it is shown. */
export function LevelBadge({ level }: { level: string | null }) {
  if (!level) return null;
  return (
    <span className={`badge level level-${level}`}>
      <LevelIcon level={level} />
      {levelWord(level)}
    </span>
  );
}
