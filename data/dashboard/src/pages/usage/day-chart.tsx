// SPDX-License-Identifier: MIT
import { _ } from '../../lib/i18n';
import type { UsageTotal } from '../../lib/types';
import { costOf, countOf } from '../../lib/usage';

const HEIGHT = 120;

/** Bars of tokens in and out. The table below says the same in numbers, so screen readers are spared it. */
export function DayChart({ days }: { days: UsageTotal[] }) {
  const most = Math.max(1, ...days.map((day) => day.input_tokens + day.output_tokens));
  const height = (tokens: number) => (tokens / most) * HEIGHT;
  const width = 100 / days.length;
  return (
    <figure className="day-chart">
      <svg viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {days.map((day, index) => {
          const input = height(day.input_tokens);
          const output = height(day.output_tokens);
          const bar = { x: index * width + width * 0.1, width: width * 0.8 };
          return (
            <g key={day.name}>
              <title>
                {_('{day}: {input} in, {output} out, cost {cost}', {
                  day: day.name,
                  input: countOf(day.input_tokens),
                  output: countOf(day.output_tokens),
                  cost: costOf(day),
                })}
              </title>
              <rect className="hit" x={index * width} width={width} y={0} height={HEIGHT} />
              <rect className="in" {...bar} y={HEIGHT - input} height={input} />
              <rect className="out" {...bar} y={HEIGHT - input - output} height={output} />
            </g>
          );
        })}
      </svg>
      <div className="row between small muted" aria-hidden="true">
        <span>{days[0]?.name}</span>
        <span>{_('at most {count} tokens a day', { count: countOf(most) })}</span>
        <span>{days.at(-1)?.name}</span>
      </div>
      <figcaption className="small muted">
        <span className="key in" /> {_('Tokens in')} <span className="key out" /> {_('Tokens out')}
      </figcaption>
    </figure>
  );
}
