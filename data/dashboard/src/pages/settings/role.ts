// SPDX-License-Identifier: MIT
import { _ } from '../../lib/i18n';
import type { Role } from '../../lib/types';

export function roleWord(role: Role): string {
  return { owner: _('Owner'), administrator: _('Administrator'), approver: _('Approver'), viewer: _('Viewer') }[role];
}
