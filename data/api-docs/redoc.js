// SPDX-License-Identifier: MIT
// ReDoc on our own description, with fonts of the system: nothing is loaded from elsewhere.
'use strict';

const family = 'system-ui, sans-serif';

window.Redoc.init(
  '/openapi.json',
  {
    hideDownloadButton: false,
    nativeScrollbars: true,
    theme: { typography: { fontFamily: family, headings: { fontFamily: family }, code: { fontFamily: 'ui-monospace, monospace' } } },
  },
  document.getElementById('docs'),
);
