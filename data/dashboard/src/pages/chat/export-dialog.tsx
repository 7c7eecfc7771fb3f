// SPDX-License-Identifier: MIT
import { Download } from 'lucide-react';
import { buttonClass } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { exportUrl } from '../../lib/conversations';
import { _ } from '../../lib/i18n';

export function ExportDialog({ id, onClose }: { id: string; onClose: () => void }) {
  return (
    <Dialog title={_('Export conversation')} onClose={onClose}>
      <div className="stack">
        <p>{_('Markdown has what is shown; JSON has every branch, run and tool call. Secrets are taken out.')}</p>
        <div className="actions">
          <a className={buttonClass('primary')} href={exportUrl(id, 'markdown')} download onClick={onClose}>
            <Download className="icon" aria-hidden /> Markdown
          </a>
          <a className={buttonClass()} href={exportUrl(id, 'json')} download onClick={onClose}>
            <Download className="icon" aria-hidden /> JSON
          </a>
        </div>
      </div>
    </Dialog>
  );
}
