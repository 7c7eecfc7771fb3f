// SPDX-License-Identifier: MIT
import { Upload } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { ErrorNote } from '../../components/states';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { useImportScan } from '../../lib/scope';
import { say } from '../../lib/toasts';

function ImportDialog({ onClose }: { onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const bring = useImportScan();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!file) return;
    bring.mutate(file, {
      onSuccess: ({ scans }) => {
        say(_('{n} hosts are taken in.', { n: Math.max(0, ...scans.map(({ n_hosts }) => n_hosts)) }));
        onClose();
      },
    });
  };
  return (
    <Dialog title={_('Import a scan')} onClose={onClose}>
      <form className="stack" onSubmit={submit} noValidate>
        <p>
          {_('The XML file of a scan that you made yourself:')} <code>nmap -sV -oX scan.xml 192.168.1.0/24</code>
        </p>
        <p className="small muted">
          {_('It adds what it has, and tells what changed there. Hosts that it has not stay as they are.')}
        </p>
        <label className="stack tight">
          <span>{_('File')}</span>
          <input type="file" accept=".xml,text/xml" onChange={(event) => setFile(event.target.files?.[0] ?? null)} />
        </label>
        <ErrorNote error={bring.error} />
        <div className="actions">
          <Button onClick={onClose}>{_('Cancel')}</Button>
          <Button look="primary" type="submit" busy={bring.isPending} disabled={!file}>
            {_('Import')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Scans that were made elsewhere, for whoever has them. */
export function ImportScan() {
  const [isOpen, setOpen] = useState(false);
  if (!useCan('administrator')) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Upload className="icon" aria-hidden /> {_('Import')}
      </Button>
      {isOpen && <ImportDialog onClose={() => setOpen(false)} />}
    </>
  );
}
