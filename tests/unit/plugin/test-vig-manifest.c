/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-manifest.h"
#include "vig-test.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define GOOD "[Plugin]\nId=odd\nAbi=1\nName=Odd\nVersion=1.0\nProvides=tool\n"

typedef struct
{
  char *dir;
  char *path;
  char *library;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->dir = vig_test_make_dir ();
  fixture->path = g_build_filename (fixture->dir, "odd.plugin", NULL);
  fixture->library = g_build_filename (fixture->dir, "odd.so", NULL);
  g_assert_true (g_file_set_contents_full (fixture->library, "x", 1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, NULL));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  vig_test_remove_dir (fixture->dir);
  g_free (fixture->dir);
  g_free (fixture->path);
  g_free (fixture->library);
}

static VigManifest *
load (Fixture *fixture, const char *text, GError **error)
{
  g_assert_true (g_file_set_contents_full (fixture->path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, NULL));

  return vig_manifest_load (fixture->path, error);
}

static void
test_full (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VigManifest) manifest = load (fixture,
                                           "[Plugin]\nId=odd\nAbi=1\nName=Odd one\nVersion=1.0\nDescription=What it does\nProvides=tool\nIsolation=process\n"
                                           "[Permissions]\nEffect=write\nRead=/proc/uptime;/etc/os-release\nWrite=/var/tmp/odd\nConnect=localhost:80;[::1]:81\n",
                                           &error);
  g_autoptr (JsonObject) permissions = NULL;
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (manifest->id, ==, "odd");
  g_assert_cmpstr (manifest->name, ==, "Odd one");
  g_assert_cmpstr (manifest->description, ==, "What it does");
  g_assert_cmpstr (manifest->library, ==, fixture->library);
  g_assert_cmpint (manifest->provides, ==, VIG_PROVIDES_TOOL);
  g_assert_cmpint (manifest->isolation, ==, VIG_ISOLATION_PROCESS);
  permissions = vig_manifest_describe_permissions (manifest);
  text = vig_json_object_to_string (permissions);
  g_assert_cmpstr (text, ==,
                   "{\"effect\":\"write\",\"read\":[\"/proc/uptime\",\"/etc/os-release\"],\"write\":[\"/var/tmp/odd\"],"
                   "\"connect\":[\"localhost:80\",\"[::1]:81\"]}");
}

/* What a manifest does not ask for it does not get; who may connect can change the other side. */
static void
test_defaults (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VigManifest) plain = load (fixture, GOOD, &error);
  g_autoptr (VigManifest) connects = load (fixture, GOOD "[Permissions]\nConnect=localhost:80\n", &error);

  g_assert_no_error (error);
  g_assert_cmpint (plain->effect, ==, VIG_LEVEL_READ);
  g_assert_cmpint (plain->isolation, ==, VIG_ISOLATION_DEFAULT);
  g_assert_cmpint (g_strv_length (plain->read_paths) + g_strv_length (plain->write_paths) + g_strv_length (plain->connect), ==, 0);
  g_assert_cmpint (vig_manifest_get_least_level (plain), ==, VIG_LEVEL_READ);
  g_assert_cmpint (vig_manifest_get_least_level (connects), ==, VIG_LEVEL_WRITE);
}

typedef struct
{
  const char *text;
  const char *part; /* of the error */
} Row;

static const Row rows[] = {
  { "", "Id" },
  { "nonsense", "failed to read the manifest" },
  { GOOD "Colour=red\n", "unknown key Colour in section [Plugin]" },
  { GOOD "[Permissions]\nRaed=/etc\n", "unknown key Raed in section [Permissions]" },
  { GOOD "[Extra]\na=1\n", "unknown section [Extra]" },
  { "[Plugin]\nAbi=1\nName=Odd\nVersion=1.0\nProvides=tool\n", "Id" },
  { "[Plugin]\nId=Odd One\nAbi=1\nName=Odd\nVersion=1.0\nProvides=tool\n", "Id=Odd One" },
  { "[Plugin]\nId=core\nAbi=1\nName=Odd\nVersion=1.0\nProvides=tool\n", "Id=core" },
  { "[Plugin]\nId=odd\nAbi=one\nName=Odd\nVersion=1.0\nProvides=tool\n", "Abi=one" },
  { "[Plugin]\nId=odd\nName=Odd\nVersion=1.0\nProvides=tool\n", "Abi" },
  { "[Plugin]\nId=odd\nAbi=1\nVersion=1.0\nProvides=tool\n", "Name" },
  { "[Plugin]\nId=odd\nAbi=1\nName=Odd\nProvides=tool\n", "Version" },
  { "[Plugin]\nId=odd\nAbi=1\nName=Odd\nVersion=1.0\n", "Provides" },
  { "[Plugin]\nId=odd\nAbi=1\nName=Odd\nVersion=1.0\nProvides=toool\n", "Provides=toool" },
  { GOOD "Isolation=maybe\n", "Isolation=maybe" },
  { "[Plugin]\nId=odd\nAbi=1\nName=Odd\nVersion=1.0\nProvides=tool;policy\nIsolation=process\n", "only tools can run in a process" },
  { GOOD "[Permissions]\nEffect=none\n", "Effect=none" },
  { GOOD "[Permissions]\nRead=etc\n", "Read=etc: must be an absolute path" },
  { GOOD "[Permissions]\nRead=/etc/../root\n", "Read=/etc/../root" },
  { GOOD "[Permissions]\nRead=/\n", "the whole machine" },
  { GOOD "[Permissions]\nWrite=/tmp/x\n", "needs Effect=write" },
  { GOOD "[Permissions]\nConnect=localhost\n", "Connect=localhost: must be host:port" },
};

static void
test_wrong (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (load (fixture, rows[i].text, &error));
      g_test_message ("row %u: %s", i, error->message);
      g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, rows[i].part));
    }
}

static void
test_library (Fixture *fixture, gconstpointer data)
{
  g_autofree char *other = g_build_filename (fixture->dir, "libodd.so", NULL);
  g_autoptr (VigManifest) manifest = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_rename (fixture->library, other), ==, 0);
  manifest = load (fixture, GOOD, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (manifest->library, ==, other);

  g_assert_cmpint (g_unlink (other), ==, 0);
  g_assert_null (load (fixture, GOOD, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND);
}

static void
assert_denied (VigManifest *manifest, uid_t owner, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (vig_manifest_check_files (manifest, owner, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);
  g_assert_nonnull (strstr (error->message, part));
}

static void
test_files (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VigManifest) manifest = load (fixture, GOOD, &error);

  g_assert_no_error (error);
  g_assert_true (vig_manifest_check_files (manifest, geteuid (), &error));
  g_assert_no_error (error);

  g_assert_cmpint (g_chmod (fixture->library, 0664), ==, 0);
  assert_denied (manifest, geteuid (), "odd.so (mode 0664)");
  g_assert_cmpint (g_chmod (fixture->library, 0644), ==, 0);
  g_assert_cmpint (g_chmod (fixture->path, 0646), ==, 0);
  assert_denied (manifest, geteuid (), "odd.plugin (mode 0646)");
  g_assert_cmpint (g_chmod (fixture->path, 0644), ==, 0);
  g_assert_cmpint (g_chmod (fixture->dir, 0777), ==, 0);
  assert_denied (manifest, geteuid (), "(mode 0777)");
  g_assert_cmpint (g_chmod (fixture->dir, 0700), ==, 0);

  if (geteuid () == 0)
    g_assert_cmpint (chown (fixture->library, 65534, 65534), ==, 0);
  assert_denied (manifest, geteuid () == 0 ? 0 : geteuid () + 1, "belongs to user");
}

static void
test_abi (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VigManifest) manifest = load (fixture, GOOD, &error);

  g_assert_true (vig_manifest_check_abi (manifest, &error));
  manifest->abi = VIG_ABI + 1;
  g_assert_false (vig_manifest_check_abi (manifest, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, function) g_test_add ("/manifest/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("full", test_full);
  ADD ("defaults", test_defaults);
  ADD ("wrong", test_wrong);
  ADD ("library", test_library);
  ADD ("files", test_files);
  ADD ("abi", test_abi);

  return g_test_run ();
}
