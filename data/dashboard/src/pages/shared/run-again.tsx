// SPDX-License-Identifier: MIT
import { useNavigate } from '@tanstack/react-router';
import { Play, RotateCcw } from 'lucide-react';
import { Button } from '../../components/button';
import { ErrorNote } from '../../components/states';
import { useCan, useMe } from '../../lib/auth';
import { isLive } from '../../lib/chat';
import { _ } from '../../lib/i18n';
import { useRunAgain } from '../../lib/runs';
import type { Run } from '../../lib/types';

/** What has ended can be run again, or gone on with from where it ended; both happen in its conversation. */
export function RunAgain({ run }: { run: Run }) {
  const again = useRunAgain();
  const navigate = useNavigate();
  const me = useMe();
  const mayRun = useCan('approver') && me?.user.id === run.user_id;
  if (isLive(run) || !mayRun) return null;
  const start = async (how: 'rerun' | 'continue') => {
    const made = await again.mutateAsync({ id: run.id, how }).catch(() => null);
    if (made) void navigate({ to: '/chat/$sessionId', params: { sessionId: made.session_id } });
  };
  return (
    <>
      <div className="row">
        {run.state !== 'done' && run.operator_name && (
          <Button small busy={again.isPending} onClick={() => start('continue')}>
            <Play className="icon" aria-hidden /> {_('Go on')}
          </Button>
        )}
        <Button small busy={again.isPending} onClick={() => start('rerun')}>
          <RotateCcw className="icon" aria-hidden /> {_('Run again')}
        </Button>
      </div>
      <ErrorNote error={again.error} />
    </>
  );
}
