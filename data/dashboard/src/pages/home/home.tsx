// SPDX-License-Identifier: MIT
export default function Page() {
  return null;
}
