// SPDX-License-Identifier: MIT
import { CircleCheck } from 'lucide-react';
import { Button } from '../../components/button';
import { _ } from '../../lib/i18n';

export function DoneStep({ go, addServer }: { go: () => void; addServer: () => void }) {
  return (
    <div className="empty">
      <CircleCheck aria-hidden />
      <h2>{_('Vigilus is ready')}</h2>
      <p>
        {_(
          'Ask for something in your own words. What only looks is done at once; what changes anything waits for your approval.',
        )}
      </p>
      <div className="row">
        <Button look="primary" onClick={go}>
          {_('Open the chat')}
        </Button>
        <Button onClick={addServer}>{_('Add a server')}</Button>
      </div>
    </div>
  );
}
