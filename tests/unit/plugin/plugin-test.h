/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-registry.h"
#include "vig-test.h"

#include <vigilus/vig-invocation-private.h>

G_BEGIN_DECLS

/* What the outcome of one call was. */
typedef struct
{
  gboolean  done;
  JsonNode *node;
  GError   *error;
  char     *output;   /* what was reported while it ran */
  double    progress;
} PluginTestOutcome;

void               plugin_test_outcome_free (PluginTestOutcome *outcome);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PluginTestOutcome, plugin_test_outcome_free)

/* A call of @milliseconds at most; @arguments: JSON. */
PluginTestOutcome *plugin_test_start (VigRegistry *registry, const char *tool, const char *arguments, guint milliseconds, GCancellable *cancellable);
PluginTestOutcome *plugin_test_run   (VigRegistry *registry, const char *tool, const char *arguments, guint milliseconds);

void               plugin_test_assert_error (PluginTestOutcome *outcome, int code, const char *part);

G_END_DECLS
