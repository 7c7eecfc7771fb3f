/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"
#include "vig-router.h"

G_BEGIN_DECLS

/* Who a cookie or a bearer token belongs to. Reference counted, read-only once made; references may be dropped on any thread. */
typedef enum
{
  VIG_LOGIN_COOKIE,
  VIG_LOGIN_TOKEN,
} VigLoginKind;

typedef struct
{
  gatomicrefcount  ref_count;
  VigLoginKind     kind;
  char            *id;    /* of the sign-in or the API token */
  char            *token; /* in clear; never leaves the process */
  char            *csrf;  /* what X-CSRF-Token must be; NULL for a bearer token */
  JsonObject      *user;  /* schema User */
  VigCaller        caller;
  VigRole          role;      /* of an API token: its own or the person's, whichever is less */
  gboolean         read_only; /* API tokens: GET alone */
  char           **groups;    /* API tokens: the operations' groups (tags) it is for; NULL: all */
  gint64           fetched;   /* monotonic */
} VigLogin;

/* @found: as vig_store_logins_find () or vig_store_tokens_find () answers. */
VigLogin *vig_login_new   (VigLoginKind kind, const char *token, JsonObject *found);
gboolean  vig_login_has_group (VigLogin *login, const char *group);
VigLogin *vig_login_ref   (VigLogin *login);
void      vig_login_unref (VigLogin *login);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigLogin, vig_login_unref)

/* HMAC-SHA256 of a fixed text under the cookie's value: known only to who has the cookie, and to us. Hex. */
char     *vig_csrf_derive (const char *token);
gboolean  vig_csrf_check  (VigLogin *login, const char *sent); /* in constant time */

/* Remembers for VIG_SESSIONS_AGE who a token belongs to, so that a request costs no round trip to the store, and is told when a
 * login ends: from then on nothing is answered under it. Main thread. */
typedef struct _VigSessions VigSessions;

#define VIG_SESSIONS_AGE      (30 * G_USEC_PER_SEC)
#define VIG_SESSIONS_LIFETIME (30 * 24 * 3600) /* seconds that a sign-in lasts */
#define VIG_SESSIONS_MAX      4096

/* Called when logins may have ended: those of @token, or all of @user_id but @but_token. */
typedef void (*VigSessionsEndedFunc) (const char *token, const char *user_id, const char *but_token, gpointer user_data);

VigSessions *vig_sessions_new           (VigDb *db);
void         vig_sessions_free          (VigSessions *self);
void         vig_sessions_set_ended_func (VigSessions *self, VigSessionsEndedFunc func, gpointer user_data);
VigLogin    *vig_sessions_peek          (VigSessions *self, const char *token); /* borrowed; NULL: ask the store */
void         vig_sessions_find_async    (VigSessions *self, VigLoginKind kind, const char *token, GAsyncReadyCallback callback, gpointer user_data);
VigLogin    *vig_sessions_find_finish   (GAsyncResult *result, GError **error); /* NULL without error: nobody's */
void         vig_sessions_end           (VigSessions *self, const char *token);
/* Asks the store anew about this person's tokens. */
void         vig_sessions_forget_user    (VigSessions *self, const char *user_id);
void         vig_sessions_end_all       (VigSessions *self, const char *user_id, const char *but_token);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigSessions, vig_sessions_free)

/* Cookies. @header: the Cookie header. (transfer full), NULL: not there or not of the right form. */
char     *vig_cookie_find     (const char *header, const char *name);
char     *vig_cookie_make     (const char *name, const char *value, const char *path, gint64 max_age, gboolean secure);

G_END_DECLS
