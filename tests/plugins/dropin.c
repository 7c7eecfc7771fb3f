/* SPDX-License-Identifier: MIT */
/* A provider, a policy or an authenticator, by -D DROPIN_...: what a third party may not just drop in. */
#include <vigilus/vigilus.h>

typedef struct
{
  GObject parent_instance;
} Dropin;

typedef struct
{
  GObjectClass parent_class;
} DropinClass;

static GType dropin_get_type (void);

#if defined (DROPIN_PROVIDER)
#define DROPIN_ID "dropin-provider"
#define DROPIN_INTERFACE VIG_TYPE_PROVIDER

static const VigProviderInfo info = { "dropin", "Drop-in", "A provider from elsewhere.", NULL, NULL, NULL, VIG_KEY_NONE, TRUE };

static gboolean
dropin_configure (VigProvider *provider, const VigProviderSettings *settings, GError **error)
{
  return TRUE;
}

static void
iface_init (VigProviderInterface *iface)
{
  iface->configure = dropin_configure;
}

static void
add (VigHost *host)
{
  vig_host_add_provider_type (host, &info, dropin_get_type ());
}
#elif defined (DROPIN_POLICY)
#define DROPIN_ID "dropin-policy"
#define DROPIN_INTERFACE VIG_TYPE_POLICY

static VigVerdict
dropin_check (VigPolicy *policy, const VigRequestInfo *request, char **reason)
{
  gboolean is_forbidden = g_str_equal (request->tool_name, "vigilus.activity");

  if (!is_forbidden && !g_str_equal (request->tool_name, "filesystem.list"))
    return VIG_VERDICT_ALLOW;

  *reason = g_strdup (is_forbidden ? "the past is forbidden" : "somebody has to look first");

  return is_forbidden ? VIG_VERDICT_DENY : VIG_VERDICT_ASK;
}

static void
iface_init (VigPolicyInterface *iface)
{
  iface->check = dropin_check;
}

static void
add (VigHost *host)
{
  vig_host_add_policy (host, g_object_new (dropin_get_type (), NULL));
}
#else
#define DROPIN_ID "dropin-authenticator"
#define DROPIN_INTERFACE VIG_TYPE_AUTHENTICATOR

static char *
dropin_make_record (VigAuthenticator *authenticator, const char *user_name, const char *secret, GError **error)
{
  return g_strdup (secret);
}

static gboolean
dropin_verify (VigAuthenticator *authenticator, const char *user_name, const char *record, const char *secret, char **renewed, GError **error)
{
  return g_strcmp0 (record, secret) == 0;
}

static void
iface_init (VigAuthenticatorInterface *iface)
{
  iface->make_record = dropin_make_record;
  iface->verify = dropin_verify;
}

static void
add (VigHost *host)
{
  vig_host_add_authenticator (host, "dropin", g_object_new (dropin_get_type (), NULL));
}
#endif

G_DEFINE_TYPE_WITH_CODE (Dropin, dropin, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (DROPIN_INTERFACE, iface_init))

static void
dropin_class_init (DropinClass *klass)
{
}

static void
dropin_init (Dropin *self)
{
}

static gboolean
activate (VigHost *host, GError **error)
{
  add (host);

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, DROPIN_ID, activate, NULL };
