// SPDX-License-Identifier: MIT
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { TextField } from '../../components/form';
import { Loaded, LoadMore } from '../../components/states';
import { _ } from '../../lib/i18n';
import { outputQuery } from '../../lib/runs';
import type { Call } from '../../lib/types';

function Lines({ callId, search }: { callId: string; search: string }) {
  const query = useInfiniteQuery(outputQuery(callId, search));
  return (
    <Loaded query={query}>
      {(data) => {
        const text = data.pages.map((page) => page.text).join('');
        const lines = data.pages[0]?.lines ?? 0;
        return (
          <>
            <p className="small muted">{_('{n} lines in all', { n: lines })}</p>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard */}
            <pre className="whole-output" tabIndex={0}>
              {text || _('No line has this in it.')}
            </pre>
            <LoadMore query={query} label={_('More lines')} />
          </>
        );
      }}
    </Loaded>
  );
}

/** The model was shown the beginning and the end; people see all of it. */
export function WholeOutput({ call }: { call: Call }) {
  const [isOpen, setOpen] = useState(false);
  const [search, setSearch] = useState('');
  return (
    <div className="row small muted">
      <span>{_('The model was shown its beginning and its end, and can read on.')}</span>
      <Button small onClick={() => setOpen(true)}>
        {call.result?.is_kept ? _('Whole output') : _('More of the output')}
      </Button>
      {isOpen && (
        <Dialog title={_('Output of {tool}', { tool: call.tool })} className="wide" onClose={() => setOpen(false)}>
          <TextField
            type="search"
            label={_('Only lines with')}
            maxLength={200}
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
          <Lines callId={call.id} search={search} />
        </Dialog>
      )}
    </div>
  );
}
