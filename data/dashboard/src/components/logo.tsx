// SPDX-License-Identifier: MIT
/** A watchful eye with a lamp in it. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="logo">
      <title>Vigilus</title>
      <rect width="32" height="32" rx="8" fill="#0c5f5a" />
      <path
        d="M4.5 16.5C8 10.6 11.8 8 16 8s8 2.6 11.5 8.5"
        fill="none"
        stroke="#e7f4f1"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
      <circle cx="16" cy="18.5" r="4.6" fill="#f3c969" />
    </svg>
  );
}
