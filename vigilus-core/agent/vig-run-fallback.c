/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-run-private.h"

/* The second model: asked from the first failure of the first on until the run's end. */

/* Where the question itself is what is wrong, or somebody stopped it, another model is no help. */
static gboolean
can_another_help (const GError *error)
{
  return g_error_matches (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE) || g_error_matches (error, VIG_ERROR, VIG_ERROR_TIMED_OUT)
         || g_error_matches (error, VIG_ERROR, VIG_ERROR_RATE_LIMITED) || g_error_matches (error, VIG_ERROR, VIG_ERROR_REMOTE)
         || g_error_matches (error, VIG_ERROR, VIG_ERROR_UNAUTHENTICATED) || g_error_matches (error, VIG_ERROR, VIG_ERROR_NOT_FOUND);
}

void
vig_run_choose_provider (VigRun *self, VigRunFacts *facts)
{
  g_clear_pointer (&self->fallback, json_object_unref);
  if (facts->fallback != NULL)
    self->fallback = json_object_ref (facts->fallback);
  if (!self->fell_back || facts->fallback == NULL)
    return;

  g_clear_pointer (&facts->provider, json_object_unref);
  facts->provider = g_steal_pointer (&facts->fallback);
  g_free (facts->sealed_key);
  facts->sealed_key = g_steal_pointer (&facts->fallback_key);
  g_free (facts->model);
  /* Not the model that the Operator would have of the first provider. */
  facts->model = facts->fallback_model != NULL ? g_steal_pointer (&facts->fallback_model) : g_strdup ("");
}

static void
fallback_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (JsonObject) stored = vig_run_finish_store (self, source, result);

  if (stored == NULL || vig_run_is_over (self))
    return;

  vig_run_publish_step (self, stored);
  vig_run_enter (self, self->state);
}

gboolean
vig_run_fall_back (VigRun *self, const GError *error)
{
  g_autofree char *clean = NULL;
  g_autofree char *text = NULL;
  const char *name;
  VigRunWrite *write;

  if (self->fell_back || self->fallback == NULL || !can_another_help (error))
    return FALSE;

  self->fell_back = TRUE;
  self->fitted = FALSE;
  name = vig_json_get_string (self->fallback, "name", "");
  clean = vig_redactor_apply (self->parts->context.redactor, error->message);
  text = g_strdup_printf ("%s goes on with this, for the first model could not answer: %s", name, clean);
  g_message ("RUN=%s: %s", self->id, text);
  g_clear_pointer (&self->ask, vig_ask_unref);
  write = vig_run_new_write (self, self->state);
  vig_run_write_add_message (write, "notice", vig_json_pack_object ("{s:s, s:s, s:s, s:s}", "text", text, "code", "fallback", "provider", name,
                                                                    "error", clean));
  vig_run_store (self, write, fallback_stored);

  return TRUE;
}
