/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A reader of ssh_config(5) for importing: of its directives it takes HostName, Port, User, ProxyJump and HostKeyAlias, and runs, opens and
 * includes nothing. What it leaves out and somebody could miss stands in the notes. */
typedef struct _VigSshConfig VigSshConfig;

#define VIG_SSH_CONFIG_MAX_HOSTS  500
#define VIG_SSH_CONFIG_MAX_BLOCKS 2000
#define VIG_SSH_CONFIG_MAX_LINES  20000

typedef struct
{
  char      *host;       /* HostName, or the name itself */
  guint      port;       /* 22 where none is given */
  char      *user;       /* or NULL */
  char      *proxy_jump; /* "user@bastion:2200,other", or NULL */
  char      *key_alias;  /* HostKeyAlias, or NULL */
  GPtrArray *notes;      /* texts for people */
} VigSshHost;

VigSshConfig *vig_ssh_config_parse     (const char *text, GError **error); /* INVALID names the line */
void          vig_ssh_config_free      (VigSshConfig *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigSshConfig, vig_ssh_config_free)

GPtrArray    *vig_ssh_config_dup_names (VigSshConfig *self); /* hosts that are named without wildcards, in their order */
VigSshHost   *vig_ssh_config_lookup    (VigSshConfig *self, const char *name); /* what ssh would use for it */
void          vig_ssh_host_free        (VigSshHost *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigSshHost, vig_ssh_host_free)

/* OpenSSH's patterns: `*` and `?`; of a list the negated ones (`!`) win. */
gboolean      vig_ssh_patterns_match   (const char * const *patterns, const char *text);

G_END_DECLS
