// SPDX-License-Identifier: MIT
// Swagger UI on our own description. What is tried out is sent as the person who is signed in: the browser adds the cookie,
// and everything but reading needs the CSRF token, which /api/v1/me answers.
'use strict';

let csrf = null;

async function findCsrf() {
  if (csrf === null) {
    const answer = await fetch('/api/v1/me', { credentials: 'same-origin' });
    csrf = answer.ok ? (await answer.json()).csrf_token : null;
  }
  return csrf;
}

async function addCsrf(request) {
  const method = (request.method || 'GET').toUpperCase();
  if (!request.loadSpec && method !== 'GET' && method !== 'HEAD') {
    const token = await findCsrf();
    if (token) request.headers['X-CSRF-Token'] = token;
  }
  return request;
}

window.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  validatorUrl: null,
  tryItOutEnabled: true,
  withCredentials: true,
  requestInterceptor: addCsrf,
});
