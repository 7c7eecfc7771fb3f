/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-json.h"

G_BEGIN_DECLS

/* What the owner sets for a tool in the dashboard, such as where a service is reached. */
typedef struct
{
  const char *id;          /* [a-z0-9-]+; tools with the same id share their settings */
  const char *title;       /* for people */
  const char *description; /* for people: what the settings are for */
  /* JSON Schema of an object without nested objects: members are strings, integers, booleans or arrays of strings, each with `title` and
   * `description`. A string with `"writeOnly": true` is a secret: sealed in the store and never shown again. `"x-for": "url"` beside it names the
   * members (divided by spaces) that say where it is sent: when one of them changes, the secret must be entered again. `"x-lines": true`: a text of several lines. */
  const char *schema;
} VigSettingsInfo;

/* A second interface of a VigTool that has settings. Since ABI minor 1. */
#define VIG_TYPE_CONFIGURABLE (vig_configurable_get_type ())
VIG_API GType vig_configurable_get_type (void);
G_DECLARE_INTERFACE (VigConfigurable, vig_configurable, VIG, CONFIGURABLE, GObject)

struct _VigConfigurableInterface
{
  GTypeInterface g_iface;

  const VigSettingsInfo *(*get_settings_info) (VigConfigurable *self);

  /* Optional: what a schema can't say. Quick, without side effects, on any thread. INVALID begins with the member: "/networks/0: ...". */
  gboolean  (*check_settings) (VigConfigurable *self, JsonObject *settings, GError **error);

  /* Optional, on a worker thread, may block: really tries them. {"ok": boolean, "message": text, "advice": [text]}. An error: it could not be tried. */
  JsonNode *(*test_settings)  (VigConfigurable *self, JsonObject *settings, GCancellable *cancellable, GError **error);
};

VIG_API const VigSettingsInfo *vig_configurable_get_settings_info (VigConfigurable *self);
VIG_API gboolean               vig_configurable_check_settings    (VigConfigurable *self, JsonObject *settings, GError **error);
VIG_API gboolean               vig_configurable_can_test          (VigConfigurable *self);
VIG_API JsonNode              *vig_configurable_test_settings     (VigConfigurable *self, JsonObject *settings, GCancellable *cancellable, GError **error);

G_END_DECLS
