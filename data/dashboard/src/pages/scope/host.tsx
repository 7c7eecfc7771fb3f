// SPDX-License-Identifier: MIT
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ChevronLeft, Plug } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { Confirm } from '../../components/dialog';
import { AreaField, TextField } from '../../components/form';
import { ScrollX } from '../../components/scroll-x';
import { Empty, ErrorNote, Loaded, LoadMore } from '../../components/states';
import { Time } from '../../components/time';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { flatten } from '../../lib/query';
import { hostQuery, nameOf, servicesQuery, useDeleteHost, useUpdateHost } from '../../lib/scope';
import { say } from '../../lib/toasts';
import type { ScopeHost, ScopeService } from '../../lib/types';
import { type Wrongs, wrongsOf } from '../../lib/validate';
import { Changes, Findings } from './lists';
import { HostStatus, SeverityBadge } from './parts';
import { PromoteDialog } from './promote-dialog';

function Facts({ host }: { host: ScopeHost }) {
  return (
    <dl className="facts small">
      <dt>{_('Address')}</dt>
      <dd className="mono">{host.address}</dd>
      <dt>{_('Names')}</dt>
      <dd>{host.names.join(', ') || '–'}</dd>
      <dt>{_('Network')}</dt>
      <dd className="mono">
        <Link to="/scope" search={{ tab: 'hosts', subnet: host.subnet }}>
          {host.subnet}
        </Link>
      </dd>
      {host.mac && (
        <>
          <dt>{_('Network card')}</dt>
          <dd>
            <span className="mono">{host.mac}</span> {host.vendor}
          </dd>
        </>
      )}
      {host.os && (
        <>
          <dt>{_('System')}</dt>
          <dd>
            {host.os} {host.os_accuracy !== null && _('({n} % sure)', { n: host.os_accuracy })}
          </dd>
        </>
      )}
      <dt>{_('Server')}</dt>
      <dd>{host.server_name ? <Link to="/servers">{host.server_name}</Link> : _('no')}</dd>
      <dt>{_('First seen')}</dt>
      <dd>
        <Time at={host.first_seen_at} />
      </dd>
      <dt>{_('Last seen')}</dt>
      <dd>
        <Time at={host.last_seen_at} />
      </dd>
    </dl>
  );
}

function Words({ host }: { host: ScopeHost }) {
  const [label, setLabel] = useState(host.label ?? '');
  const [notes, setNotes] = useState(host.notes);
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const update = useUpdateHost(host.id);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWrongs({});
    update.mutate(
      { label: label.trim() || null, notes },
      {
        onSuccess: () => say(_('{name} is saved.', { name: nameOf(host) })),
        onError: (error) => setWrongs(wrongsOf(error, ['label', 'notes'])),
      },
    );
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <TextField
        label={_('What you call it')}
        maxLength={64}
        value={label}
        wrong={wrongs.label}
        onChange={(event) => setLabel(event.target.value)}
      />
      <AreaField
        label={_('Notes')}
        rows={3}
        maxLength={4000}
        value={notes}
        wrong={wrongs.notes}
        onChange={(event) => setNotes(event.target.value)}
      />
      <ErrorNote error={update.error} />
      <div className="actions">
        <Button look="primary" type="submit" busy={update.isPending}>
          {_('Save')}
        </Button>
      </div>
    </form>
  );
}

function ServiceRow({ service }: { service: ScopeService }) {
  const product = [service.product, service.version, service.extra].filter(Boolean).join(' ');
  const words = { open: _('open'), 'open|filtered': _('open or filtered'), gone: _('closed since') };
  return (
    <tr className={service.state === 'gone' ? 'muted' : undefined}>
      <td className="mono">
        {service.port}/{service.protocol}
      </td>
      <td>{words[service.state]}</td>
      <td>
        {service.name ?? '–'}
        {service.tunnel === 'ssl' && ' (TLS)'}
      </td>
      <td className="wrap">{product || '–'}</td>
      <td>
        <Time at={service.first_seen_at} />
      </td>
      <td>
        <Time at={service.last_seen_at} />
      </td>
    </tr>
  );
}

function Services({ host }: { host: ScopeHost }) {
  const query = useInfiniteQuery(servicesQuery(host.id));
  return (
    <Loaded query={query}>
      {(data) => {
        const services = flatten(data);
        if (services.length === 0)
          return (
            <Empty
              icon={Plug}
              title={host.ports_scanned_at ? _('No open ports are known') : _('Its ports were not scanned')}
            >
              <p>{_('Ask an Operator to scan the ports of this host.')}</p>
            </Empty>
          );
        return (
          <>
            <ScrollX label={_('Services')}>
              <table className="table">
                <thead>
                  <tr>
                    <th>{_('Port')}</th>
                    <th>{_('State')}</th>
                    <th>{_('Service')}</th>
                    <th>{_('Version')}</th>
                    <th>{_('First seen')}</th>
                    <th>{_('Last seen')}</th>
                  </tr>
                </thead>
                <tbody>
                  {services.map((service) => (
                    <ServiceRow key={`${service.protocol}/${service.port}`} service={service} />
                  ))}
                </tbody>
              </table>
            </ScrollX>
            <LoadMore query={query} />
          </>
        );
      }}
    </Loaded>
  );
}

function Actions({ host }: { host: ScopeHost }) {
  const [asks, setAsks] = useState<'promote' | 'delete' | null>(null);
  const remove = useDeleteHost();
  const navigate = useNavigate();
  const close = () => setAsks(null);
  const confirm = () =>
    remove.mutate(host.id, { onSuccess: () => void navigate({ to: '/scope', search: { tab: 'hosts' } }) });
  return (
    <div className="row">
      {!host.server_id && (
        <Button look="primary" onClick={() => setAsks('promote')}>
          {_('Make it a server')}
        </Button>
      )}
      <Button look="danger" onClick={() => setAsks('delete')}>
        {_('Forget')}
      </Button>
      {asks === 'promote' && <PromoteDialog host={host} onClose={close} />}
      {asks === 'delete' && (
        <Confirm
          title={_('Forget {name}?', { name: nameOf(host) })}
          action={_('Forget {name}', { name: nameOf(host) })}
          busy={remove.isPending}
          error={remove.error}
          onConfirm={confirm}
          onClose={close}
        >
          <p>{_('Its services, changes and findings are gone for good. The next scan that sees it finds it anew.')}</p>
        </Confirm>
      )}
    </div>
  );
}

function Host({ host }: { host: ScopeHost }) {
  const canEdit = useCan('administrator');
  return (
    <>
      <header className="page-head">
        <div>
          <h1 className="wrap">{nameOf(host)}</h1>
          <p className="row">
            <HostStatus status={host.status} />
            {host.severity && <SeverityBadge severity={host.severity} count={host.n_findings} />}
          </p>
        </div>
        {canEdit && <Actions host={host} />}
      </header>
      <div className="two top-aligned">
        <section className="card stack">
          <h2>{_('What it is')}</h2>
          <Facts host={host} />
        </section>
        {canEdit && (
          <section className="card stack">
            <h2>{_('What you know of it')}</h2>
            <Words key={`${host.label}/${host.notes}`} host={host} />
          </section>
        )}
      </div>
      <section className="stack tight">
        <h2>{_('Services')}</h2>
        <div className="card flush">
          <Services host={host} />
        </div>
      </section>
      <div className="two top-aligned">
        <section className="stack tight">
          <h2>{_('Findings')}</h2>
          <div className="card flush">
            <Findings filter={{ host_id: host.id }} showHost={false} />
          </div>
        </section>
        <section className="stack tight">
          <h2>{_('Changes')}</h2>
          <div className="card flush">
            <Changes filter={{ host_id: host.id }} showHost={false} />
          </div>
        </section>
      </div>
    </>
  );
}

export default function HostPage() {
  const { hostId } = useParams({ from: '/shell/scope/$hostId' });
  const query = useQuery(hostQuery(hostId));
  return (
    <>
      <Link to="/scope" search={{ tab: 'hosts' }} className="back small">
        <ChevronLeft className="icon" aria-hidden /> {_('Scope')}
      </Link>
      <Loaded query={query}>{(host) => <Host key={host.id} host={host} />}</Loaded>
    </>
  );
}
