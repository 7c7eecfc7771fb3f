/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-json.h"

G_BEGIN_DECLS

/* A server of the inventory, with what opens it. Reference counted and never changed; the secrets in it are wiped with the last reference. */
typedef struct _VigServer VigServer;
struct _VigServer
{
  char  *id;
  char  *name;        /* unique, for people and models */
  char  *host;        /* a name or an address; empty: no SSH */
  guint  port;
  char  *user;        /* empty: no SSH */
  char  *private_key; /* in OpenSSH's or PEM form, or NULL */
  char  *passphrase;  /* of the private key, or NULL */
  char  *password;    /* or NULL */
  char  *host_key;    /* the pinned one: "ssh-ed25519 AAAA...", or NULL where none was seen yet */
  char  *docker_endpoint;    /* "unix:///run/docker.sock", "tcp://host:2376" (TLS), "ssh:///run/docker.sock" (there), or NULL: no Docker */
  char  *docker_ca;          /* PEM, or NULL: those that the system trusts */
  char  *docker_certificate; /* the client's, PEM, or NULL */
  char  *docker_key;         /* of the client's certificate, PEM, or NULL */
  char **compose_folders;    /* absolute paths, may be empty */
  VigServer *jump;    /* the server through which it is reached, or NULL: straight from here */
  GStrv  file_paths;  /* absolute: where files may be read and written there, with all beneath; empty: nowhere */
};

#define VIG_TYPE_SERVER (vig_server_get_type ())
VIG_API GType      vig_server_get_type     (void);
VIG_API VigServer *vig_server_ref          (VigServer *self);
VIG_API void       vig_server_unref        (VigServer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigServer, vig_server_unref)

/* FALSE: it is a Docker Engine alone. */
VIG_API gboolean   vig_server_has_ssh      (const VigServer *self);

/* Keeps the host key that the server showed at the first connection, on disk before it returns. Blocks. Called again it
 * compares: VIG_ERROR_CONFLICT where another key is pinned by now. */
VIG_API gboolean   vig_server_pin_host_key (VigServer *self, const char *host_key, GError **error);

/* A file of a server, or that there is none: @content is NULL then. */
typedef struct
{
  GBytes *content;
  guint   mode;    /* with set-id and sticky bits */
  guint32 uid;
  guint32 gid;
} VigServerFile;

VIG_API void vig_server_file_clear (VigServerFile *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VigServerFile, vig_server_file_clear)

/* What a tool that reaches servers can do for the inventory beside its calls: a second interface of the VigTool.
 * All of it blocks and is called on a worker thread. */
#define VIG_TYPE_SERVER_ACCESS (vig_server_access_get_type ())
VIG_API GType vig_server_access_get_type (void);
G_DECLARE_INTERFACE (VigServerAccess, vig_server_access, VIG, SERVER_ACCESS, GObject)

struct _VigServerAccessInterface
{
  GTypeInterface g_iface;

  /* Really connects. {"ok": boolean, "step": "name" | "tcp" | "host_key" | "authentication" | "command" | null where all went well,
   * "message": text, "advice": [text], "system": text or null, "banner": text or null}. An error: it could not be tried. */
  JsonNode *(*test)     (VigServerAccess *self, VigServer *server, GCancellable *cancellable, GError **error);

  /* {"public_key": "ssh-ed25519 AAAA...", "fingerprint": "SHA256:..."}; VIG_ERROR_INVALID says what is wrong with it. */
  JsonNode *(*read_key) (VigServerAccess *self, const char *private_key, const char *passphrase, GError **error);

  /* A new ed25519 key, in OpenSSH's form, without a passphrase. */
  char     *(*make_key) (VigServerAccess *self, GError **error);

  /* A connection to what the server itself reaches at @address: "unix:/run/docker.sock", or "tcp:HOST:PORT" as seen from there. All
   * connections to one server share one SSH connection. */
  GSocketConnection *(*open) (VigServerAccess *self, VigServer *server, const char *address, GCancellable *cancellable, GError **error);

  /* What is at @path, beneath the folders of the server's entry; INVALID: something else than a file. */
  gboolean  (*read_file) (VigServerAccess *self, VigServer *server, const char *path, VigServerFile *file, GCancellable *cancellable, GError **error);
  /* Makes it what @file says, at once: bytes, mode, and owner where the server's user may; or that nothing is there. */
  gboolean  (*put_file)  (VigServerAccess *self, VigServer *server, const char *path, const VigServerFile *file, GCancellable *cancellable, GError **error);
};

VIG_API JsonNode *vig_server_access_test     (VigServerAccess *self, VigServer *server, GCancellable *cancellable, GError **error);
VIG_API JsonNode *vig_server_access_read_key (VigServerAccess *self, const char *private_key, const char *passphrase, GError **error);
VIG_API char     *vig_server_access_make_key (VigServerAccess *self, GError **error);
VIG_API GSocketConnection *vig_server_access_open (VigServerAccess *self, VigServer *server, const char *address, GCancellable *cancellable, GError **error);
VIG_API gboolean  vig_server_access_read_file (VigServerAccess *self, VigServer *server, const char *path, VigServerFile *file, GCancellable *cancellable, GError **error);
VIG_API gboolean  vig_server_access_put_file (VigServerAccess *self, VigServer *server, const char *path, const VigServerFile *file, GCancellable *cancellable, GError **error);

/* What a tool that uses something on servers, such as Docker, can do for the inventory beside its calls: a second interface of the VigTool. */
#define VIG_TYPE_SERVER_SERVICE (vig_server_service_get_type ())
VIG_API GType vig_server_service_get_type (void);
G_DECLARE_INTERFACE (VigServerService, vig_server_service, VIG, SERVER_SERVICE, GObject)

struct _VigServerServiceInterface
{
  GTypeInterface g_iface;

  /* Really asks what is there: {"ok": boolean, "step": "connect" | "answer" | null where all went well, "message": text}. NULL without error:
   * the server's entry names nothing to ask. @access: what reaches servers, or NULL. Blocks, on a worker thread. */
  JsonNode *(*test) (VigServerService *self, VigServer *server, VigServerAccess *access, GCancellable *cancellable, GError **error);
};

VIG_API JsonNode *vig_server_service_test (VigServerService *self, VigServer *server, VigServerAccess *access, GCancellable *cancellable, GError **error);

G_END_DECLS
