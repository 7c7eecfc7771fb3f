// SPDX-License-Identifier: MIT
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { LoadMore } from '../../components/states';
import { _, ngettext } from '../../lib/i18n';
import { flatten } from '../../lib/query';
import { nameOf, subnetsQuery } from '../../lib/scope';
import type { ScopeSubnet } from '../../lib/types';

type Node = ScopeSubnet['hosts'][number];

const cell = { width: 132, height: 46 };
const columns = 6;
const top = 58;

/** What usually is the way out of a network stands above it. */
function isGateway({ address }: Node): boolean {
  return /\.(1|254)$|::1$/.test(address);
}

function describe(host: Node): string {
  const ports = host.ports_scanned_at
    ? ngettext('one open port', '{count} open ports', host.n_open)
    : _('its ports were not scanned');
  const parts = [nameOf(host), host.address, host.status === 'up' ? ports : _('gone')];
  if (host.n_findings > 0) parts.push(ngettext('one finding', '{count} findings', host.n_findings));
  if (host.server_id) parts.push(_('a server'));
  return parts.join(', ');
}

function portsOf({ ports_scanned_at, n_open }: Node): string {
  return ports_scanned_at ? ngettext('one port', '{count} ports', n_open) : _('not scanned');
}

function look(host: Node): string {
  const severe = host.severity === 'high' || host.severity === 'critical' ? 'bad' : host.severity ? 'wait' : '';
  return `node ${host.status} ${severe} ${host.server_id ? 'server' : ''}`;
}

function detailOf(host: Node): string {
  const ports = host.status === 'gone' ? _('gone') : portsOf(host);
  return host.n_findings > 0 ? `${ports} · ${ngettext('one finding', '{count} findings', host.n_findings)}` : ports;
}

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function HostNode({ host, x, y }: { host: Node; x: number; y: number }) {
  const navigate = useNavigate();
  return (
    <a
      href={`/scope/${host.id}`}
      className={look(host)}
      aria-label={describe(host)}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        void navigate({ to: '/scope/$hostId', params: { hostId: host.id } });
      }}
    >
      <title>{describe(host)}</title>
      <rect x={x} y={y} width={cell.width - 10} height={cell.height - 10} rx="6" />
      <text x={x + 10} y={y + 15} className="name">
        {shorten(nameOf(host), 15)}
      </text>
      <text x={x + 10} y={y + 29} className="detail">
        {shorten(detailOf(host), 21)}
      </text>
    </a>
  );
}

/** From the way out to each column of hosts, and down it. */
function Wires({ count, root }: { count: number; root: { x: number; y: number } }) {
  const wires = Array.from({ length: Math.min(columns, count) }, (_unused, column) => {
    const x = (column + 0.5) * cell.width;
    const last = Math.floor((count - 1 - column) / columns);
    return `M${root.x} ${root.y} V${root.y + 12} H${x} V${top + last * cell.height}`;
  });
  return <path className="wire" d={wires.join(' ')} />;
}

/** One network: its way out, and below it the hosts in the order of their addresses. */
function Subnet({ subnet }: { subnet: ScopeSubnet }) {
  const gateway = subnet.hosts.find(isGateway);
  const rest = subnet.hosts.filter((host) => host !== gateway);
  const width = columns * cell.width;
  const height = top + Math.max(1, Math.ceil(rest.length / columns)) * cell.height + 8;
  const root = { x: width / 2, y: gateway ? cell.height - 6 : 22 };
  const more = subnet.n_hosts - subnet.hosts.length;
  return (
    <section className="card stack tight" aria-label={subnet.subnet}>
      <div className="row between">
        <h2 className="mono">{subnet.subnet}</h2>
        <span className="small muted">
          {_('{up} of {all} answer', { up: subnet.n_up, all: subnet.n_hosts })} ·{' '}
          {subnet.n_open > 0 || subnet.hosts.some((host) => host.ports_scanned_at)
            ? ngettext('one open port', '{count} open ports', subnet.n_open)
            : _('ports not scanned')}
        </span>
      </div>
      <div className="topology">
        <svg
          viewBox={`0 0 ${width} ${height}`}
          role="group"
          aria-label={_('Hosts of {subnet}', { subnet: subnet.subnet })}
        >
          <Wires count={rest.length} root={root} />
          {!gateway && <circle className="hub" cx={root.x} cy="14" r="8" />}
          {rest.map((host, index) => (
            <HostNode
              key={host.id}
              host={host}
              x={(index % columns) * cell.width + 5}
              y={top + Math.floor(index / columns) * cell.height}
            />
          ))}
          {gateway && <HostNode host={gateway} x={root.x - cell.width / 2 + 5} y={4} />}
        </svg>
      </div>
      {more > 0 && (
        <Link to="/scope" search={{ tab: 'hosts', subnet: subnet.subnet }} className="small">
          {ngettext('One more host', '{count} more hosts', more)}
        </Link>
      )}
    </section>
  );
}

export function Topology() {
  const query = useInfiniteQuery(subnetsQuery);
  return (
    <>
      <p className="row small muted legend">
        <span className="key server">{_('a server of the inventory')}</span>
        <span className="key up">{_('not a server yet')}</span>
        <span className="key bad">{_('with findings')}</span>
        <span className="key gone">{_('gone')}</span>
      </p>
      {flatten(query.data).map((subnet) => (
        <Subnet key={subnet.subnet} subnet={subnet} />
      ))}
      <LoadMore query={query} label={_('More networks')} />
    </>
  );
}
