/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test-plugin.h"

#include <gmodule.h>

#define TEST_TYPE_HOST (test_host_get_type ())
G_DECLARE_FINAL_TYPE (TestHost, test_host, TEST, HOST, GObject)

struct _TestHost
{
  GObject                parent_instance;
  const VigProviderInfo *info;
  GType                  type;
};

static void
test_host_add_provider_type (VigHost *host, const VigProviderInfo *info, GType type)
{
  TestHost *self = TEST_HOST (host);

  self->info = info;
  self->type = type;
}

static void
test_host_iface_init (VigHostInterface *iface)
{
  iface->add_provider_type = test_host_add_provider_type;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestHost, test_host, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (VIG_TYPE_HOST, test_host_iface_init))

static void
test_host_class_init (TestHostClass *klass)
{
}

static void
test_host_init (TestHost *self)
{
}

VigProvider *
vig_test_load_provider (const char *path)
{
  g_autofree char *file = g_build_filename (g_getenv ("VIG_TEST_BUILD"), path, NULL);
  g_autoptr (TestHost) host = g_object_new (TEST_TYPE_HOST, NULL);
  GModule *module = g_module_open (file, G_MODULE_BIND_LOCAL);
  g_autoptr (GError) error = NULL;
  gpointer symbol = NULL;
  const VigPlugin *plugin;

  if (module == NULL)
    g_test_message ("%s", g_module_error ());
  g_assert_nonnull (module);
  g_module_make_resident (module);
  g_assert_true (g_module_symbol (module, VIG_PLUGIN_SYMBOL, &symbol));
  plugin = symbol;
  g_assert_cmpuint (plugin->abi_minor, <=, VIG_ABI_MINOR);
  g_assert_true (plugin->activate (VIG_HOST (host), &error));
  g_assert_no_error (error);
  g_assert_true (g_type_is_a (host->type, VIG_TYPE_PROVIDER));

  return g_object_new (host->type, NULL);
}
