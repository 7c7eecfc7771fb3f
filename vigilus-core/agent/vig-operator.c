/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-operator.h"

#include "vig-tool-choice.h"

G_DEFINE_BOXED_TYPE (VigOperator, vig_operator, vig_operator_ref, vig_operator_unref)

static void
clear (gpointer data)
{
  VigOperator *self = data;

  g_free (self->id);
  g_free (self->name);
  g_free (self->description);
  g_free (self->system_prompt);
  g_free (self->soul);
  g_free (self->provider_id);
  g_free (self->model);
  g_free (self->working_directory);
  g_strfreev (self->tools);
  g_free (self->updated_at);
}

static char **
read_tools (JsonObject *object)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *tools = vig_json_get_array (object, "tools");

  for (guint i = 0; tools != NULL && i < json_array_get_length (tools); i++)
    g_strv_builder_add (builder, json_array_get_string_element (tools, i));

  return g_strv_builder_end (builder);
}

static VigTrust
read_trust (JsonObject *object)
{
  const char *trust = vig_json_get_string (object, "trust_mode", "strict");

  if (g_str_equal (trust, "inherit"))
    return VIG_TRUST_INHERIT;

  return g_str_equal (trust, "lenient") ? VIG_TRUST_LENIENT : VIG_TRUST_STRICT;
}

/* What can't be understood gets the least that there is: a ceiling of READ, strict, disabled. */
VigOperator *
vig_operator_new (JsonObject *object)
{
  VigOperator *self = g_atomic_rc_box_new0 (VigOperator);

  self->id = g_strdup (vig_json_get_string (object, "id", NULL));
  self->name = g_strdup (vig_json_get_string (object, "name", ""));
  self->description = g_strdup (vig_json_get_string (object, "description", ""));
  self->system_prompt = g_strdup (vig_json_get_string (object, "system_prompt", ""));
  self->soul = g_strdup (vig_json_get_string (object, "soul", ""));
  self->provider_id = g_strdup (vig_json_get_string (object, "provider_id", NULL));
  self->model = g_strdup (vig_json_get_string (object, "model", NULL));
  self->working_directory = g_strdup (vig_json_get_string (object, "working_directory", NULL));
  self->enabled = vig_json_get_boolean (object, "enabled", FALSE);
  self->updated_at = g_strdup (vig_json_get_string (object, "updated_at", ""));
  self->trust = read_trust (object);
  self->tools = read_tools (object);
  if (!vig_level_from_string (vig_json_get_string (object, "permission_level", ""), &self->ceiling))
    self->ceiling = VIG_LEVEL_READ;

  return self;
}

GPtrArray *
vig_operator_new_all (JsonArray *objects)
{
  GPtrArray *operators = g_ptr_array_new_with_free_func ((GDestroyNotify) vig_operator_unref);

  for (guint i = 0; i < json_array_get_length (objects); i++)
    g_ptr_array_add (operators, vig_operator_new (json_array_get_object_element (objects, i)));

  return operators;
}

VigOperator *
vig_operator_ref (VigOperator *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
vig_operator_unref (VigOperator *self)
{
  if (self != NULL)
    g_atomic_rc_box_release_full (self, clear);
}

void
vig_operator_cap (VigOperator *self, JsonObject *run)
{
  const char *ceiling = vig_json_get_string (run, "ceiling", NULL);
  VigLevel level = VIG_LEVEL_READ;

  if (vig_json_get_boolean (run, "strict", FALSE))
    self->trust = VIG_TRUST_STRICT;
  if (ceiling == NULL)
    return;
  /* What can't be understood lends nothing. */
  if (!vig_level_from_string (ceiling, &level))
    level = VIG_LEVEL_READ;
  self->ceiling = MIN (self->ceiling, level);
}

gboolean
vig_operator_has_tool (VigOperator *self, const char *name)
{
  if (g_strv_contains ((const char * const *) self->tools, name))
    return TRUE;

  /* Who has more than a model is told of at once needs it to get at them. */
  return g_str_equal (name, VIG_TOOLS_SEARCH) && g_strv_length (self->tools) > VIG_CHOICE_MAX_OFFERED;
}

gboolean
vig_operator_is_lenient (VigOperator *self, gboolean global)
{
  return self->trust == VIG_TRUST_INHERIT ? global : self->trust == VIG_TRUST_LENIENT;
}
