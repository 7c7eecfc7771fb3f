// SPDX-License-Identifier: MIT
import { Link } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import { Button, buttonClass } from '../../components/button';
import { Empty, Note } from '../../components/states';
import { _ } from '../../lib/i18n';

export function NotFound() {
  return (
    <main className="page" id="main">
      <Empty icon={Compass} title={_('There is no such page')}>
        <Link to="/" className={buttonClass('primary')}>
          {_('Go to Home')}
        </Link>
      </Empty>
    </main>
  );
}

export function Crash({ error, reset }: { error: unknown; reset: () => void }) {
  return (
    <main className="page" id="main">
      <Note kind="bad">
        <p>
          {_('This page can’t be shown: {reason}', { reason: error instanceof Error ? error.message : String(error) })}
        </p>
        <div className="row">
          <Button
            onClick={() => {
              reset();
              location.reload();
            }}
          >
            {_('Load again')}
          </Button>
        </div>
      </Note>
    </main>
  );
}
