/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

typedef enum
{
  VIG_PROVIDES_TOOL          = 1 << 0,
  VIG_PROVIDES_PROVIDER      = 1 << 1,
  VIG_PROVIDES_POLICY        = 1 << 2,
  VIG_PROVIDES_AUTHENTICATOR = 1 << 3,
} VigProvides;

typedef enum
{
  VIG_ISOLATION_DEFAULT, /* the manifest does not say */
  VIG_ISOLATION_PROCESS,
  VIG_ISOLATION_IN_PROCESS,
} VigIsolation;

/* What NAME.plugin says of the library NAME.so (or libNAME.so) beside it: read before any of its code runs. */
typedef struct
{
  char        *path;
  char        *library;     /* path */
  char        *id;
  guint        abi;
  char        *name;
  char        *version;
  char        *description; /* may be empty */
  VigProvides  provides;
  VigIsolation isolation;
  VigLevel     effect;      /* the most that a tool of it may do; READ where the manifest does not say */
  GStrv        read_paths;
  GStrv        write_paths;
  GStrv        connect;     /* host:port */
} VigManifest;

/* VIG_ERROR_INVALID names the section, key or value that is wrong; an unknown one is an error, too. */
VigManifest *vig_manifest_load            (const char *path, GError **error);
void         vig_manifest_free            (VigManifest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigManifest, vig_manifest_free)

/* Manifest, library and their directory belong to root or @owner and nobody else can write to them; else VIG_ERROR_DENIED. */
gboolean     vig_manifest_check_files     (VigManifest *self, uid_t owner, GError **error);
/* The interface that it was built for is ours. */
gboolean     vig_manifest_check_abi       (VigManifest *self, GError **error);

/* What confinement can enforce: a process that may connect can change the other side, whatever it says. */
VigLevel     vig_manifest_get_least_level (VigManifest *self);
JsonArray   *vig_manifest_describe_provides    (VigProvides provides);
JsonObject  *vig_manifest_describe_permissions (VigManifest *self);

G_END_DECLS
