// SPDX-License-Identifier: MIT

const WIDTH = 160;
const HEIGHT = 32;

interface Props {
  /** What it shows, for those who do not see it. */
  label: string;
  /** From 0 to 1; null where nothing is known. */
  values: (number | null)[];
}

/** A small line without axes; gaps where nothing is known. */
export function Sparkline({ label, values }: Props) {
  const step = values.length > 1 ? WIDTH / (values.length - 1) : WIDTH;
  const path = values
    .map((value, at) => {
      if (value === null) return '';
      const isFirst = at === 0 || values[at - 1] === null;
      const y = (1 - Math.min(1, Math.max(0, value))) * (HEIGHT - 2) + 1;
      return `${isFirst ? 'M' : 'L'}${(at * step).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path d={path} />
    </svg>
  );
}
