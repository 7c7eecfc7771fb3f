// SPDX-License-Identifier: MIT
import { ArrowDown } from 'lucide-react';
import { memo, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { Button } from '../../components/button';
import { ErrorNote, LoadMore, Skeleton } from '../../components/states';
import { _ } from '../../lib/i18n';
import type { useSession } from '../../lib/use-session';
import { TurnView } from './turn';
import { useTarget } from './use-target';

type View = ReturnType<typeof useSession>;

/** Follows the end while the reader is there, and leaves them alone while they read further up. */
function useFollow(mark: unknown, isElsewhere: boolean) {
  const box = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(!isElsewhere);
  const toEnd = useCallback(() => box.current?.scrollTo({ top: box.current.scrollHeight }), []);
  const onScroll = () => {
    const element = box.current;
    if (element) setAtEnd(element.scrollHeight - element.scrollTop - element.clientHeight < 80);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when there is more to show
  useEffect(() => {
    if (isAtEnd) toEnd();
  }, [mark]);
  useEffect(() => {
    const element = box.current?.firstElementChild;
    if (!element || !isAtEnd) return;
    const observer = new ResizeObserver(toEnd);
    observer.observe(element);
    return () => observer.disconnect();
  }, [isAtEnd, toEnd]);
  return { box, isAtEnd, onScroll, toEnd };
}

type Shown = Pick<View, 'turns' | 'stream' | 'live'>;

const Turns = memo(function Turns({ turns, stream, live }: Shown) {
  return (
    <ol className="turns">
      {turns.map((turn, index) => {
        const isLast = index === turns.length - 1;
        return <TurnView key={turn.key} turn={turn} stream={isLast && live ? stream : null} outputs={stream.outputs} />;
      })}
    </ol>
  );
});

export function Transcript({ view }: { view: View }) {
  const { messages, turns, stream, live } = view;
  // Typing and clicking come before what streams in.
  const shown = useDeferredValue(useMemo(() => ({ turns, stream, live }), [turns, stream, live]));
  const mark = `${shown.turns.length}/${shown.stream.text.length}`;
  const isElsewhere = useTarget(messages, mark);
  const { box, isAtEnd, onScroll, toEnd } = useFollow(mark, isElsewhere);
  return (
    <div className="transcript-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard */}
      <div className="transcript" ref={box} onScroll={onScroll} tabIndex={0} role="log" aria-label={_('Transcript')}>
        <div className="measure">
          <LoadMore query={messages} label={_('Earlier messages')} />
          {messages.isPending && <Skeleton rows={6} />}
          <ErrorNote error={messages.error} retry={() => messages.refetch()} />
          <Turns {...shown} />
        </div>
      </div>
      {!isAtEnd && (
        <Button className="to-end" small onClick={toEnd}>
          <ArrowDown className="icon" aria-hidden /> {_('Newest')}
        </Button>
      )}
    </div>
  );
}
