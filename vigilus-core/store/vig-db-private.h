/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-db.h"

G_BEGIN_DECLS

/* What vig-db.c (queues and threads) asks of a database, so that another than SQLite can stand behind it. */

typedef struct
{
  GSourceOnceFunc func; /* NULL: @data is told to who hears */
  gpointer        data;
  GDestroyNotify  free_data;
} VigDbHook;

typedef enum
{
  VIG_DB_READER,
  VIG_DB_WRITER,
} VigDbRole;

/* Makes directory and file, private to this user, where they are missing. */
gboolean         vig_db_prepare_file           (const char *path, GError **error);
/* Holds the database for this process until the descriptor is closed; -1: error. */
int              vig_db_lock_file              (const char *path, GError **error);

VigDbConnection *vig_db_connection_open        (const char *path, VigDbRole role, GError **error);
void             vig_db_connection_close       (VigDbConnection *self);
gboolean         vig_db_connection_check       (VigDbConnection *self, GError **error); /* not damaged, as far as a quick look tells */
/* Several statements without parameters or rows. */
gboolean         vig_db_connection_run_script  (VigDbConnection *self, const char *sql, GError **error);
gboolean         vig_db_connection_in_transaction (VigDbConnection *self);
/* After an I/O error nothing that the connection has cached can be trusted. */
gboolean         vig_db_connection_is_broken   (VigDbConnection *self);

const char      *vig_db_rows_name              (VigDbRows *rows, int column);

/* Hooks of vig_db_after_commit (), in order. */
guint            vig_db_connection_count_hooks (VigDbConnection *self);
void             vig_db_connection_drop_hooks  (VigDbConnection *self, guint keep);
GArray          *vig_db_connection_steal_hooks (VigDbConnection *self);

/* The function of vig_db_before_commit (), or NULL; forgotten with that. */
VigDbFunc        vig_db_connection_steal_before (VigDbConnection *self);

/* Brings an open database to this version. */
gboolean         vig_db_migrate                (VigDbConnection *self, const char *path, GError **error);

G_END_DECLS
