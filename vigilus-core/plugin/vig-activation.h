/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-manifest.h"

G_BEGIN_DECLS

/* A plugin's library, loaded into this process, and all that its activate () adds: collected first, so that it is taken as a
 * whole or not at all. Main thread. */
#define VIG_TYPE_ACTIVATION (vig_activation_get_type ())
G_DECLARE_FINAL_TYPE (VigActivation, vig_activation, VIG, ACTIVATION, GObject)

typedef struct
{
  const VigProviderInfo *info;
  GType                  type;
} VigAddedProvider;

typedef struct
{
  char             *name;
  VigAuthenticator *authenticator;
} VigAddedAuthenticator;

/* Errors say what is wrong with the library. It stays in memory for good, also then. */
VigActivation *vig_activation_new                (VigManifest *manifest, GError **error);
void           vig_activation_deactivate         (VigActivation *self); /* once, at the end */

GPtrArray     *vig_activation_get_tools          (VigActivation *self); /* of VigTool */
VigToolSource *vig_activation_get_source         (VigActivation *self); /* NULL: none */
GPtrArray     *vig_activation_get_providers      (VigActivation *self); /* of VigAddedProvider */
GPtrArray     *vig_activation_get_policies       (VigActivation *self); /* of VigPolicy */
GPtrArray     *vig_activation_get_authenticators (VigActivation *self); /* of VigAddedAuthenticator */

G_END_DECLS
