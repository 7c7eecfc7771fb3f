// SPDX-License-Identifier: MIT
import { _ } from '../lib/i18n';
import { dismiss, useToasts } from '../lib/toasts';

export function Toasts() {
  return (
    <div className="toasts" role="status">
      {useToasts().map((toast) => (
        <div key={toast.id} className="toast">
          <span>{toast.text}</span>
          {toast.undo && (
            <button
              type="button"
              onClick={() => {
                toast.undo?.();
                dismiss(toast.id);
              }}
            >
              {_('Undo')}
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
