// SPDX-License-Identifier: MIT
import '@fontsource-variable/ibm-plex-sans/wght.css';
import '@fontsource/ibm-plex-mono/latin-400.css';
import '@fontsource/ibm-plex-mono/latin-600.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';
import './styles/layout.css';
import './styles/chat.css';
import './styles/branches.css';
import './styles/calls.css';
import './styles/pages.css';
import './styles/usage.css';
import './styles/tools.css';
import './styles/scope.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { whenSignedOut } from './lib/client';
import { loadLanguage } from './lib/i18n';
import { queryClient } from './lib/query';
import { leaveForLogin, router } from './router';

whenSignedOut(() => void leaveForLogin());
await loadLanguage().catch(() => undefined);

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
