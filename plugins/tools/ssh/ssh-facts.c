/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-facts.h"

#include <string.h>

#define MAX_TEXT  200 /* bytes of a name */
#define KIB       1024
#define MAX_COUNT (G_MAXINT64 / KIB)
#define MIN_DISK  1024 /* KiB; what is smaller is something of the system's */

/* The lines of one part, up to the next. */
static GStrv
dup_part (const char *text, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GStrvBuilder) part = g_strv_builder_new ();
  gboolean inside = FALSE;

  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] == '@')
      inside = g_str_equal (lines[i] + 1, name);
    else if (inside && *g_strstrip (lines[i]) != '\0')
      g_strv_builder_add (part, lines[i]);

  return g_strv_builder_end (part);
}

static void
put_text (JsonObject *facts, const char *name, const char *text)
{
  g_autofree char *valid = text != NULL ? g_utf8_make_valid (text, (gssize) strnlen (text, MAX_TEXT)) : NULL;

  if (valid != NULL && *valid != '\0')
    json_object_set_string_member (facts, name, valid);
  else
    json_object_set_null_member (facts, name);
}

static void
put_system (JsonObject *facts, const char *text)
{
  g_auto (GStrv) lines = dup_part (text, "os");
  g_auto (GStrv) kernel = dup_part (text, "kernel");
  g_autofree char *name = NULL;

  for (guint i = 0; lines[i] != NULL && name == NULL; i++)
    if (g_str_has_prefix (lines[i], "PRETTY_NAME="))
      name = g_shell_unquote (lines[i] + strlen ("PRETTY_NAME="), NULL);
  put_text (facts, "kernel", kernel[0]);
  put_text (facts, "system", name != NULL ? name : kernel[0]);
}

/* A number that is not negative and not beyond all reason. */
static gboolean
read_count (const char *text, gint64 *count)
{
  return text != NULL && g_ascii_string_to_unsigned (text, 10, 0, MAX_COUNT, (guint64 *) count, NULL);
}

static void
put_uptime (JsonObject *facts, const char *text)
{
  g_auto (GStrv) lines = dup_part (text, "uptime");
  double seconds = lines[0] != NULL ? g_ascii_strtod (lines[0], NULL) : -1;

  if (seconds > 0 && seconds < 1e10)
    json_object_set_int_member (facts, "uptime", (gint64) seconds);
  else
    json_object_set_null_member (facts, "uptime");
}

static void
put_load (JsonObject *facts, const char *text)
{
  g_auto (GStrv) lines = dup_part (text, "load");
  g_auto (GStrv) cpu_lines = dup_part (text, "cpus");
  g_auto (GStrv) words = g_strsplit (lines[0] != NULL ? lines[0] : "", " ", -1);
  JsonArray *load;
  gint64 cpus;

  if (read_count (cpu_lines[0], &cpus) && cpus > 0)
    json_object_set_int_member (facts, "cpus", cpus);
  else
    json_object_set_null_member (facts, "cpus");
  if (g_strv_length (words) < 3)
    {
      json_object_set_null_member (facts, "load");
      return;
    }

  load = json_array_new ();
  for (guint i = 0; i < 3; i++)
    json_array_add_int_element (load, (gint64) (CLAMP (g_ascii_strtod (words[i], NULL), 0, 1e6) * 1000));
  json_object_set_array_member (facts, "load", load);
}

static gint64
find_kib (GStrv lines, const char *name)
{
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], name) && lines[i][strlen (name)] == ':')
      return (gint64) MIN (g_ascii_strtoull (lines[i] + strlen (name) + 1, NULL, 10), (guint64) MAX_COUNT) * KIB;

  return -1;
}

/* Old kernels do not say what is available: then it is what is free, or could be. */
static void
put_memory (JsonObject *facts, const char *text)
{
  g_auto (GStrv) lines = dup_part (text, "memory");
  gint64 total = find_kib (lines, "MemTotal");
  gint64 available = find_kib (lines, "MemAvailable");

  if (available < 0)
    available = MAX (find_kib (lines, "MemFree"), 0) + MAX (find_kib (lines, "Buffers"), 0) + MAX (find_kib (lines, "Cached"), 0);
  if (total > 0 && available <= total)
    json_object_set_object_member (facts, "memory", vig_json_pack_object ("{s:I, s:I}", "total", total, "used", total - available));
  else
    json_object_set_null_member (facts, "memory");
}

static gboolean
is_real_disk (const char *device, const char *mount)
{
  static const char *const none[] = { "tmpfs", "devtmpfs", "udev", "none", "overlay", "shm", "efivarfs", "squashfs", "ramfs", "rootfs", NULL };
  static const char *const places[] = { "/proc", "/sys", "/dev", "/run", "/snap", "/var/lib/docker", "/var/lib/containers", NULL };

  if (g_strv_contains (none, device) && !g_str_equal (mount, "/"))
    return FALSE;

  for (guint i = 0; places[i] != NULL; i++)
    if (g_str_has_prefix (mount, places[i]) && strchr ("/", mount[strlen (places[i])]) != NULL)
      return FALSE;

  return *mount == '/';
}

/* Device, blocks of 1 KiB, used, available, percent, and the mount point, which may have spaces. */
static JsonObject *
read_disk (const char *line)
{
  g_autoptr (GRegex) regex = g_regex_new ("^(.+?)\\s+(\\d{1,15})\\s+(\\d{1,15})\\s+-?\\d+\\s+\\S+\\s+(/.*)$", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *device = NULL;
  g_autofree char *mount = NULL;
  g_autofree char *total = NULL;
  g_autofree char *used = NULL;
  JsonObject *disk;

  if (!g_utf8_validate (line, -1, NULL) || !g_regex_match (regex, line, 0, &match))
    return NULL;

  device = g_match_info_fetch (match, 1);
  total = g_match_info_fetch (match, 2);
  used = g_match_info_fetch (match, 3);
  mount = g_match_info_fetch (match, 4);
  if (!is_real_disk (device, mount) || g_ascii_strtoll (total, NULL, 10) < MIN_DISK)
    return NULL;

  disk = vig_json_pack_object ("{s:I, s:I}", "total", g_ascii_strtoll (total, NULL, 10) * KIB, "used", g_ascii_strtoll (used, NULL, 10) * KIB);
  put_text (disk, "mount", mount);

  return disk;
}

static void
put_disks (JsonObject *facts, const char *text)
{
  g_auto (GStrv) lines = dup_part (text, "disks");
  JsonArray *disks = json_array_new ();

  for (guint i = 0; lines[i] != NULL && json_array_get_length (disks) < SSH_FACTS_DISKS; i++)
    {
      JsonObject *disk = read_disk (lines[i]);

      if (disk != NULL)
        json_array_add_object_element (disks, disk);
    }
  json_object_set_array_member (facts, "disks", disks);
}

JsonObject *
vig_ssh_facts_parse (const char *text)
{
  JsonObject *facts = json_object_new ();

  put_system (facts, text);
  put_uptime (facts, text);
  put_load (facts, text);
  put_memory (facts, text);
  put_disks (facts, text);

  return facts;
}
