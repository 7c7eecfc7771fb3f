// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Download, PenLine } from 'lucide-react';
import { Button, buttonClass, CopyButton } from '../../components/button';
import { ErrorNote, Loaded, Note } from '../../components/states';
import { Time } from '../../components/time';
import { useCan } from '../../lib/auth';
import { _, ngettext } from '../../lib/i18n';
import { type AuditFilter, auditExport, auditProofQuery, useSignAudit } from '../../lib/system';
import type { AuditProof } from '../../lib/types';

function Signed({ proof }: { proof: AuditProof }) {
  return (
    <>
      <dt>{_('Signed')}</dt>
      <dd>
        {proof.checkpoint ? (
          <>
            {ngettext('one record', '{count} records', proof.checkpoint.size)}, <Time at={proof.checkpoint.at} />
          </>
        ) : (
          _('nothing yet: that takes the secret')
        )}
        {proof.unsigned > 0 && (
          <span className="muted"> ({ngettext('one not yet', '{count} not yet', proof.unsigned)})</span>
        )}
      </dd>
    </>
  );
}

function Places({ proof }: { proof: AuditProof }) {
  return (
    <>
      <dt>{_('Also kept')}</dt>
      <dd>
        {proof.places.length === 0 &&
          _('in the journal alone; CheckpointFile and CheckpointWebhook in [Audit] of vigilus.conf name better places')}
        {proof.places.map((place) => (
          <div key={place.kind + place.target} className="wrap">
            <span className="mono">{place.target}</span> {place.at && <Time at={place.at} />}
            {place.error && <Note kind="bad">{place.error}</Note>}
          </div>
        ))}
      </dd>
    </>
  );
}

function Facts({ proof }: { proof: AuditProof }) {
  return (
    <dl className="facts small">
      <Signed proof={proof} />
      {proof.sealed > 0 && (
        <>
          <dt>{_('Sealed')}</dt>
          <dd>{_('records 1 to {last}, in files of the data directory', { last: proof.sealed })}</dd>
        </>
      )}
      <dt>{_('Public key')}</dt>
      <dd className="row tight">
        {proof.key ? (
          <>
            <span className="mono wrap">{proof.key}</span>
            <CopyButton bare text={proof.key} label={_('Copy the key')} />
          </>
        ) : (
          _('none yet')
        )}
      </dd>
      <Places proof={proof} />
      {proof.key && (
        <>
          <dt>{_('To check')}</dt>
          <dd className="mono wrap">
            vigilus-verify --key {proof.key.split('+')[0]}+… {proof.sealed > 0 && 'audit-*.jsonl '}vigilus-audit.jsonl
          </dd>
        </>
      )}
    </dl>
  );
}

function Actions({ filter }: { filter: AuditFilter }) {
  const sign = useSignAudit();
  return (
    <>
      <ErrorNote error={sign.error} />
      <div className="row">
        <a className={buttonClass('plain', true)} href={auditExport('jsonl')} download>
          <Download className="icon" aria-hidden /> {_('Export as JSON lines')}
        </a>
        <a className={buttonClass('plain', true)} href={auditExport('csv')} download>
          <Download className="icon" aria-hidden /> {_('Export as CSV')}
        </a>
        {Object.keys(filter).length > 0 && (
          <>
            <a className={buttonClass('plain', true)} href={auditExport('jsonl', filter)} download>
              <Download className="icon" aria-hidden /> {_('Export what is filtered, with proofs')}
            </a>
            <a className={buttonClass('plain', true)} href={auditExport('csv', filter)} download>
              <Download className="icon" aria-hidden /> {_('The same as CSV')}
            </a>
          </>
        )}
        <Button small busy={sign.isPending} onClick={() => sign.mutate()}>
          <PenLine className="icon" aria-hidden /> {_('Sign now')}
        </Button>
      </div>
    </>
  );
}

/** What lets somebody else check the log, and take it away. */
export function AuditProofCard({ filter }: { filter: AuditFilter }) {
  const query = useQuery(auditProofQuery);
  const canExport = useCan('administrator');
  return (
    <details className="card">
      <summary>{_('Proof and export')}</summary>
      <div className="stack tight">
        <p className="muted small">
          {_('Every record is part of a signed tree: an export shows whether any was changed, removed or added.')}
        </p>
        <Loaded query={query} rows={3}>
          {(proof) => <Facts proof={proof} />}
        </Loaded>
        {canExport && <Actions filter={filter} />}
      </div>
    </details>
  );
}
