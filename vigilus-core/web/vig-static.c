/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-static.h"

#include "vig-web.h"

#include <glib/gstdio.h>
#include <string.h>

#define MAX_FILE (16 * 1024 * 1024) /* bytes: what a dashboard never has */

struct _VigStatic
{
  char *dashboard_dir;
  char *docs_dir;
};

/* What a worker thread is asked for, and what it found. */
typedef struct
{
  VigRequest *request;
  char       *dir;
  char       *name;      /* below dir */
  char       *accept;    /* the client's Accept-Encoding */
  char       *fallback;  /* below dir, where name is not there; or NULL */
  gboolean    immutable;
  VigContent  content;
  GBytes     *bytes;     /* NULL: not there */
  char       *found;     /* whose type the answer has */
  const char *encoding;  /* of what was found, or NULL */
  char       *etag;
} Job;

static const struct
{
  const char *suffix;
  const char *type;
} TYPES[] = {
  { ".html", "text/html; charset=utf-8" },       { ".js", "text/javascript; charset=utf-8" },
  { ".mjs", "text/javascript; charset=utf-8" },  { ".css", "text/css; charset=utf-8" },
  { ".json", "application/json" },               { ".map", "application/json" },
  { ".svg", "image/svg+xml" },                   { ".png", "image/png" },
  { ".ico", "image/x-icon" },                    { ".webp", "image/webp" },
  { ".woff2", "font/woff2" },                    { ".woff", "font/woff" },
  { ".txt", "text/plain; charset=utf-8" },       { ".webmanifest", "application/manifest+json" },
};

static const char NOT_BUILT[] =
  "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Vigilus</title>\n"
  "<h1>The dashboard is not built</h1>\n"
  "<p>The daemon runs, but it finds no dashboard to show. Build it with <code>./start.sh</code>, or name the folder of a built one with "
  "<code>--dashboard-dir</code>.</p>\n<p>The API answers all the same: see <a href=\"/healthz\">/healthz</a>.</p>\n</html>\n";

static const char *
type_of (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (TYPES); i++)
    if (g_str_has_suffix (name, TYPES[i].suffix))
      return TYPES[i].type;

  return "application/octet-stream";
}

static gboolean
is_clean_segment (const char *segment)
{
  return segment[0] != '\0' && segment[0] != '.' && strchr (segment, '/') == NULL && strchr (segment, '\\') == NULL;
}

char *
vig_static_clean_path (const char *path)
{
  g_auto (GStrv) segments = NULL;

  if (path[0] != '/' || path[1] == '\0')
    return NULL;

  segments = g_strsplit (path + 1, "/", 64);
  for (guint i = 0; segments[i] != NULL; i++)
    {
      char *decoded = g_uri_unescape_string (segments[i], NULL);

      if (decoded == NULL || !g_utf8_validate (decoded, -1, NULL) || !is_clean_segment (decoded))
        {
          g_free (decoded);
          return NULL;
        }
      g_free (segments[i]);
      segments[i] = decoded;
    }

  return g_strjoinv ("/", segments);
}

/* A link that leads out of the directory is as good as no file. */
static GBytes *
read_below (const char *dir, const char *name)
{
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autofree char *real_dir = realpath (dir, NULL);
  g_autofree char *real_path = realpath (path, NULL);
  g_autofree char *prefix = real_dir != NULL ? g_strconcat (real_dir, "/", NULL) : NULL;
  char *text = NULL;
  gsize length;
  GStatBuf info;

  if (prefix == NULL || real_path == NULL || !g_str_has_prefix (real_path, prefix))
    return NULL;
  if (g_stat (real_path, &info) != 0 || !S_ISREG (info.st_mode) || info.st_size > MAX_FILE || !g_file_get_contents (real_path, &text, &length, NULL))
    return NULL;

  return g_bytes_new_take (text, length);
}

static gboolean
accepts (const char *header, const char *encoding)
{
  g_auto (GStrv) items = g_strsplit (header != NULL ? header : "", ",", 32);

  for (guint i = 0; items[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (items[i], ";", 2);

      if (g_ascii_strcasecmp (g_strstrip (parts[0]), encoding) == 0)
        return parts[1] == NULL || strstr (parts[1], "q=0") == NULL || strstr (parts[1], "q=0.") != NULL;
    }

  return FALSE;
}

static GBytes *
read_best (Job *job, const char *name)
{
  static const char *const SUFFIXES[][2] = { { "br", ".br" }, { "gzip", ".gz" } };

  for (guint i = 0; i < G_N_ELEMENTS (SUFFIXES); i++)
    {
      g_autofree char *packed = g_strconcat (name, SUFFIXES[i][1], NULL);
      GBytes *bytes = accepts (job->accept, SUFFIXES[i][0]) ? read_below (job->dir, packed) : NULL;

      if (bytes == NULL)
        continue;
      job->encoding = SUFFIXES[i][0];
      return bytes;
    }

  return read_below (job->dir, name);
}

static void
read_file (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Job *job = task_data;
  g_autofree char *digest = NULL;

  job->found = g_strdup (job->name);
  job->bytes = read_best (job, job->name);
  if (job->bytes == NULL && job->fallback != NULL)
    {
      g_free (job->found);
      job->found = g_strdup (job->fallback);
      job->immutable = FALSE;
      job->bytes = read_best (job, job->fallback);
    }
  if (job->bytes != NULL)
    {
      digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, job->bytes);
      job->etag = g_strdup_printf ("\"%.20s\"", digest);
    }
  g_task_return_boolean (task, TRUE);
}

static void
respond_missing (Job *job)
{
  g_autoptr (GBytes) page = g_bytes_new_static (NOT_BUILT, strlen (NOT_BUILT));

  if (job->fallback != NULL)
    vig_request_respond_bytes (job->request, 503, "text/html; charset=utf-8", page);
  else
    vig_request_fail_with (job->request, VIG_ERROR_NOT_FOUND, "there is no such file");
}

static void
respond_file (Job *job)
{
  const char *known = vig_request_get_header (job->request, "If-None-Match");

  vig_request_add_header (job->request, "ETag", job->etag);
  vig_request_add_header (job->request, "Vary", "Accept-Encoding");
  vig_request_add_header (job->request, "Cache-Control", job->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (job->encoding != NULL)
    vig_request_add_header (job->request, "Content-Encoding", job->encoding);
  if (known != NULL && strstr (known, job->etag) != NULL)
    vig_request_respond_bytes (job->request, 304, NULL, NULL);
  else
    vig_request_respond_bytes (job->request, 200, type_of (job->found), job->bytes);
}

static void
file_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = g_task_get_task_data (G_TASK (result));
  SoupServerMessage *message = vig_request_get_message (job->request);

  vig_security_headers_add (soup_server_message_get_response_headers (message), job->content, vig_request_get_peer (job->request)->https);
  if (job->bytes == NULL)
    respond_missing (job);
  else
    respond_file (job);
  /* The task itself may end on the worker's thread, where the request must not. */
  g_clear_pointer (&job->request, vig_request_unref);
}

static void
free_job (gpointer data)
{
  Job *job = data;

  g_free (job->dir);
  g_free (job->name);
  g_free (job->accept);
  g_free (job->fallback);
  g_free (job->found);
  g_free (job->etag);
  g_clear_pointer (&job->bytes, g_bytes_unref);
  g_free (job);
}

static Job *
start (VigRequest *request, const char *dir, const char *name, const char *fallback)
{
  Job *job = g_new0 (Job, 1);
  g_autoptr (GTask) task = g_task_new (NULL, NULL, file_read, NULL);

  job->request = vig_request_ref (request);
  job->dir = g_strdup (dir);
  job->name = g_strdup (name);
  job->fallback = g_strdup (fallback);
  job->accept = g_strdup (soup_message_headers_get_list (soup_server_message_get_request_headers (vig_request_get_message (request)), "Accept-Encoding"));
  job->immutable = g_str_has_prefix (name, "assets/");
  job->content = VIG_CONTENT_DASHBOARD;
  g_task_set_task_data (task, job, free_job);
  vig_worker_run_task (vig_request_get_web (request)->files_worker, task, read_file);

  return job;
}

static void
show_docs (VigStatic *self, VigRequest *request, const char *page)
{
  Job *job = start (request, self->docs_dir, page, NULL);

  job->content = VIG_CONTENT_API_DOCS;
}

static void
redirect (VigRequest *request, const char *where)
{
  vig_security_headers_add (soup_server_message_get_response_headers (vig_request_get_message (request)), VIG_CONTENT_DASHBOARD,
                            vig_request_get_peer (request)->https);
  vig_request_add_header (request, "Location", where);
  vig_request_respond_bytes (request, 302, NULL, NULL);
}

static void
docs_login_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (VigLogin) login = vig_sessions_find_finish (result, &error);
  const char *path = g_uri_get_path (soup_server_message_get_uri (vig_request_get_message (request)));

  if (error != NULL)
    vig_request_fail (request, error);
  else if (login == NULL)
    redirect (request, g_str_equal (path, "/docs") ? "/login?next=/docs" : "/login?next=/redoc");
  else
    show_docs (vig_request_get_web (request)->files, request, g_str_equal (path, "/docs") ? "docs.html" : "redoc.html");
}

static void
open_docs (VigRequest *request, const char *path)
{
  g_autofree char *token = vig_cookie_find (vig_request_get_header (request, "Cookie"), VIG_COOKIE);

  if (token == NULL)
    redirect (request, g_str_equal (path, "/docs") ? "/login?next=/docs" : "/login?next=/redoc");
  else
    vig_sessions_find_async (vig_request_get_web (request)->sessions, VIG_LOGIN_COOKIE, token, docs_login_found, vig_request_ref (request));
}

/* Pages of the dashboard have paths of their own, which only its script knows. */
static const char *
find_fallback (VigRequest *request, const char *name)
{
  const char *accept = vig_request_get_header (request, "Accept");
  gboolean is_page = name == NULL || !g_str_has_prefix (name, "assets/");

  return is_page && (accept == NULL || strstr (accept, "text/html") != NULL || strstr (accept, "*/*") != NULL) ? "index.html" : NULL;
}

void
vig_static_handle (VigStatic *self, VigRequest *request)
{
  SoupServerMessage *message = vig_request_get_message (request);
  const char *method = soup_server_message_get_method (message);
  const char *path = g_uri_get_path (soup_server_message_get_uri (message));
  g_autofree char *name = vig_static_clean_path (path);

  if (!g_str_equal (method, "GET") && !g_str_equal (method, "HEAD"))
    {
      g_autoptr (GError) error = g_error_new_literal (VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "this path takes GET, HEAD");

      vig_request_add_header (request, "Allow", "GET, HEAD");
      vig_request_fail_status (request, 405, error);
    }
  else if (g_str_equal (path, "/"))
    start (request, self->dashboard_dir, "index.html", "index.html");
  else if (name == NULL)
    vig_request_fail_with (request, VIG_ERROR_NOT_FOUND, "there is nothing at this path");
  else if (g_str_equal (path, "/docs") || g_str_equal (path, "/redoc"))
    open_docs (request, path);
  else if (g_str_equal (name, "api-docs/docs.js") || g_str_equal (name, "api-docs/redoc.js") || g_str_equal (name, "api-docs/docs.css"))
    show_docs (self, request, name + strlen ("api-docs/"));
  else
    start (request, self->dashboard_dir, name, find_fallback (request, name));
}

void
vig_static_free (VigStatic *self)
{
  g_free (self->dashboard_dir);
  g_free (self->docs_dir);
  g_free (self);
}

VigStatic *
vig_static_new (const char *dashboard_dir, const char *docs_dir)
{
  VigStatic *self = g_new0 (VigStatic, 1);

  self->dashboard_dir = g_strdup (dashboard_dir);
  self->docs_dir = g_strdup (docs_dir);

  return self;
}
