// SPDX-License-Identifier: MIT
import { ChevronRight, Cloud, HardDrive, Radar, Server } from 'lucide-react';
import { _, ngettext } from '../lib/i18n';
import type { FoundServer, ProviderType } from '../lib/types';
import { Button } from './button';
import { typeTitle } from './provider-form';

interface KindProps {
  icon: typeof Cloud;
  title: string;
  hint: string;
  onChoose: () => void;
}

function Kind({ icon: Icon, title, hint, onChoose }: KindProps) {
  return (
    <li>
      <button type="button" className="kind" onClick={onChoose}>
        <Icon className="icon" aria-hidden />
        <span>
          <strong>{title}</strong>
          <small>{hint}</small>
        </span>
        <ChevronRight className="icon" aria-hidden />
      </button>
    </li>
  );
}

function foundHint(server: FoundServer): string {
  if (server.needs_key) return _('It answers at {url}, and wants a key.', { url: server.base_url });
  return ngettext(
    'It answers at {url}, with {count} model.',
    'It answers at {url}, with {count} models.',
    server.n_models,
    { url: server.base_url },
  );
}

const titleOf = (type: ProviderType) => (type.type === 'offline' ? _('Try without a model') : type.title);

const hintOf = (type: ProviderType) =>
  type.type === 'offline'
    ? _('Works at once, with no key and no network: it picks tools by the words you use. Plain, but real.')
    : type.description;

/** The first step: where the models come from. What was found on the daemon's own machine stands first. */
export function ProviderKinds({
  types,
  found,
  onChoose,
  onChooseFound,
}: {
  types: ProviderType[];
  found: FoundServer[];
  onChoose: (type: ProviderType) => void;
  onChooseFound: (server: FoundServer) => void;
}) {
  const groups = [
    { title: _('In the cloud, with a key'), icon: Cloud, types: types.filter((type) => type.key === 'required') },
    { title: _('On your own machines'), icon: HardDrive, types: types.filter((type) => type.key === 'optional') },
    { title: _('To look around first'), icon: Server, types: types.filter((type) => type.key === 'none') },
  ];
  return (
    <div className="stack">
      {found.length > 0 && (
        <section className="kinds found" aria-label={_('Found on this machine')}>
          <h3>{_('Found on this machine')}</h3>
          <ul>
            {found.map((server) => (
              <Kind
                key={server.type}
                icon={Radar}
                title={_('Use {title}', { title: server.title })}
                hint={foundHint(server)}
                onChoose={() => onChooseFound(server)}
              />
            ))}
          </ul>
        </section>
      )}
      {groups
        .filter((group) => group.types.length > 0)
        .map((group) => (
          <section key={group.title} className="kinds" aria-label={group.title}>
            <h3>{group.title}</h3>
            <ul>
              {group.types.map((type) => (
                <Kind
                  key={type.type}
                  icon={group.icon}
                  title={titleOf(type)}
                  hint={hintOf(type)}
                  onChoose={() => onChoose(type)}
                />
              ))}
            </ul>
          </section>
        ))}
    </div>
  );
}

/** What was chosen, and the way back. */
export function ChosenKind({ type, onBack }: { type: ProviderType; onBack?: (() => void) | undefined }) {
  return (
    <div className="chosen-kind">
      <span className="grow">
        <strong>{typeTitle(type)}</strong>
        <small>{hintOf(type)}</small>
      </span>
      {onBack && (
        <Button small onClick={onBack}>
          {_('Choose another')}
        </Button>
      )}
    </div>
  );
}
