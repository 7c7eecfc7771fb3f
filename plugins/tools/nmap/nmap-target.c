/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "nmap-target.h"

#include <arpa/inet.h>
#include <string.h>

#define MAX_TARGET 253 /* bytes, as a host name */
#define MAX_LABEL  63
#define OWN_PLACE  "the owner says which networks may be scanned: Settings, Tools, Network scans"

void
nmap_targets_free (NmapTargets *targets)
{
  if (targets == NULL)
    return;

  g_ptr_array_unref (targets->texts);
  g_ptr_array_unref (targets->arguments);
  g_ptr_array_unref (targets->names);
  g_array_unref (targets->ranges);
  g_free (targets);
}

static NmapTargets *
targets_new (void)
{
  NmapTargets *self = g_new0 (NmapTargets, 1);

  self->texts = g_ptr_array_new_with_free_func (g_free);
  self->arguments = g_ptr_array_new_with_free_func (g_free);
  self->names = g_ptr_array_new_with_free_func (g_free);
  self->ranges = g_array_new (FALSE, TRUE, sizeof (NmapRange));

  return self;
}

char *
nmap_address_to_text (gboolean is_ipv6, const guint8 *bytes)
{
  char text[INET6_ADDRSTRLEN];

  inet_ntop (is_ipv6 ? AF_INET6 : AF_INET, is_ipv6 ? bytes : bytes + 12, text, sizeof text);

  return g_strdup (text);
}

/* Dotted quads and colons as inet_pton () takes them: nothing short, octal or hexadecimal. */
static gboolean
read_address (const char *text, NmapRange *range)
{
  memset (range, 0, sizeof *range);
  range->is_ipv6 = strchr (text, ':') != NULL;
  if (inet_pton (range->is_ipv6 ? AF_INET6 : AF_INET, text, range->is_ipv6 ? range->first : range->first + 12) != 1)
    return FALSE;

  memcpy (range->last, range->first, sizeof range->last);

  return TRUE;
}

static void
mask (NmapRange *range, guint prefix)
{
  guint start = range->is_ipv6 ? 0 : 96;

  for (guint bit = start + prefix; bit < 128; bit++)
    {
      guint8 flag = (guint8) (0x80 >> (bit % 8));

      range->first[bit / 8] &= (guint8) ~flag;
      range->last[bit / 8] |= flag;
    }
}

/* "address/prefix" or "address". */
static gboolean
read_network (const char *text, NmapRange *range, guint *prefix)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", 2);
  guint64 number;

  if (parts[0] == NULL || !read_address (parts[0], range))
    return FALSE;

  *prefix = range->is_ipv6 ? 128 : 32;
  if (parts[1] == NULL)
    return TRUE;
  if (!g_ascii_string_to_unsigned (parts[1], 10, 0, *prefix, &number, NULL) || (parts[1][0] == '0' && parts[1][1] != '\0'))
    return FALSE;

  *prefix = (guint) number;
  mask (range, *prefix);

  return TRUE;
}

static gboolean
refuse (const char *target, const char *why, GError **error)
{
  g_autofree char *valid = g_utf8_make_valid (target, -1);
  g_autofree char *start = g_utf8_substring (valid, 0, MIN (g_utf8_strlen (valid, -1), 60));

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "\"%s\" is no target: %s", start, why);

  return FALSE;
}

static gboolean
count (NmapTargets *self, guint64 n, GError **error)
{
  self->n_addresses += n;
  if (self->n_addresses <= NMAP_MAX_ADDRESSES && self->ranges->len <= NMAP_MAX_RANGES)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "the targets are more than %d addresses, or more than %d pieces: scan smaller networks, one after another",
               NMAP_MAX_ADDRESSES, NMAP_MAX_RANGES);

  return FALSE;
}

static gboolean
add_range (NmapTargets *self, const NmapRange *range, guint64 n, GError **error)
{
  g_array_append_vals (self->ranges, range, 1);

  return count (self, n, error);
}

static void
add_text (NmapTargets *self, char *text)
{
  g_ptr_array_add (self->texts, text);
  g_ptr_array_add (self->arguments, g_strdup (text));
}

static gboolean
add_network (NmapTargets *self, const char *text, GError **error)
{
  NmapRange range;
  guint prefix;
  guint bits;
  char *address;

  if (!read_network (text, &range, &prefix))
    return refuse (text, "an address, or a network such as 192.168.1.0/24, is expected", error);

  bits = (range.is_ipv6 ? 128 : 32) - prefix;
  address = nmap_address_to_text (range.is_ipv6, range.first);
  if (bits > 0)
    {
      g_autofree char *plain = address;

      address = g_strdup_printf ("%s/%u", plain, prefix);
    }
  add_text (self, address);

  return add_range (self, &range, bits > 32 ? G_MAXUINT32 : (guint64) 1 << bits, error);
}

/* "1", "1-20", "1,5,7-9", "*" into marks of the numbers 0 to 255. */
static gboolean
read_octet (const char *text, gboolean marks[256])
{
  g_auto (GStrv) pieces = g_strsplit (text, ",", -1);

  for (guint i = 0; pieces[i] != NULL; i++)
    {
      g_auto (GStrv) ends = g_strsplit (g_str_equal (pieces[i], "*") ? "0-255" : pieces[i], "-", -1);
      guint64 first, last;

      if (ends[0] == NULL || !g_ascii_string_to_unsigned (ends[0], 10, 0, 255, &first, NULL) || (ends[0][0] == '0' && ends[0][1] != '\0'))
        return FALSE;
      last = first;
      if (ends[1] != NULL && (ends[2] != NULL || !g_ascii_string_to_unsigned (ends[1], 10, first, 255, &last, NULL)))
        return FALSE;
      for (guint64 n = first; n <= last; n++)
        marks[n] = TRUE;
    }

  return pieces[0] != NULL;
}

static guint
count_marks (const gboolean marks[256])
{
  guint n = 0;

  for (guint i = 0; i < 256; i++)
    n += marks[i] ? 1 : 0;

  return n;
}

/* The runs of marked numbers of the last octet, under one choice of the first three. */
static gboolean
add_runs (NmapTargets *self, guint a, guint b, guint c, const gboolean marks[256], GError **error)
{
  for (guint d = 0; d < 256; d++)
    {
      NmapRange range = { 0 };
      guint first = d;

      if (!marks[d])
        continue;
      while (d < 255 && marks[d + 1])
        d++;
      range.first[12] = range.last[12] = (guint8) a;
      range.first[13] = range.last[13] = (guint8) b;
      range.first[14] = range.last[14] = (guint8) c;
      range.first[15] = (guint8) first;
      range.last[15] = (guint8) d;
      if (!add_range (self, &range, d - first + 1, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
add_octets (NmapTargets *self, const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ".", -1);
  gboolean marks[4][256] = { { FALSE } };
  guint64 n = 1;

  if (g_strv_length (parts) != 4)
    return refuse (text, "an IPv4 address has four numbers", error);
  for (guint i = 0; i < 4; i++)
    {
      if (!read_octet (parts[i], marks[i]))
        return refuse (text, "each number must be 0 to 255, or a range such as 1-20", error);
      n *= count_marks (marks[i]);
    }
  if (n > NMAP_MAX_ADDRESSES)
    return count (self, n, error);

  add_text (self, g_strdup (text));
  for (guint i = 0; i < 256 * 256 * 256; i++)
    {
      guint a = i >> 16, b = i >> 8 & 255, c = i & 255;

      if (!marks[0][a])
        i |= 0xFFFF;
      else if (!marks[1][b])
        i |= 0xFF;
      else if (marks[2][c] && !add_runs (self, a, b, c, marks[3], error))
        return FALSE;
    }

  return TRUE;
}

/* RFC 1123 with underscores; a name whose last label is a number is an address in a form that only some programs know. */
static gboolean
is_name (const char *text)
{
  g_auto (GStrv) labels = g_strsplit (text, ".", -1);
  guint n = g_strv_length (labels);

  if (n > 1 && *labels[n - 1] == '\0')
    n--;
  for (guint i = 0; i < n; i++)
    {
      gsize length = strlen (labels[i]);

      if (length == 0 || length > MAX_LABEL || labels[i][0] == '-' || labels[i][length - 1] == '-'
          || strspn (labels[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != length)
        return FALSE;
    }

  return n > 0 && strspn (labels[n - 1], "0123456789") != strlen (labels[n - 1]);
}

static gboolean
add_target (NmapTargets *self, const char *text, GError **error)
{
  if (*text == '\0' || strlen (text) > MAX_TARGET)
    return refuse (text, *text == '\0' ? "it is empty" : "it is too long", error);
  if (strchr (text, '/') != NULL || strchr (text, ':') != NULL)
    return add_network (self, text, error);
  if (strspn (text, "0123456789.,-*") == strlen (text) && *text != '-')
    return add_octets (self, text, error);
  if (!is_name (text))
    return refuse (text, "give an address (192.168.1.10), a range (192.168.1.1-20), a network (192.168.1.0/24) or a host name", error);

  g_ptr_array_add (self->texts, g_ascii_strdown (text, -1));
  g_ptr_array_add (self->arguments, NULL);

  return count (self, 1, error);
}

/* One nmap scans one family. */
static gboolean
check_family (NmapTargets *self, GError **error)
{
  for (guint i = 0; i < self->ranges->len; i++)
    {
      gboolean is_ipv6 = g_array_index (self->ranges, NmapRange, i).is_ipv6;

      if (i > 0 && is_ipv6 != self->is_ipv6)
        {
          g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the targets are of IPv4 and of IPv6: make two scans of them");
          return FALSE;
        }
      self->is_ipv6 = is_ipv6;
    }

  return TRUE;
}

NmapTargets *
nmap_targets_parse (JsonArray *targets, GError **error)
{
  g_autoptr (NmapTargets) self = targets_new ();
  guint n = targets != NULL ? json_array_get_length (targets) : 0;

  if (n == 0 || n > NMAP_MAX_TARGETS)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "name 1 to %d targets", NMAP_MAX_TARGETS);
      return NULL;
    }

  for (guint i = 0; i < n; i++)
    if (!add_target (self, json_array_get_string_element (targets, i), error))
      return NULL;

  return check_family (self, error) ? g_steal_pointer (&self) : NULL;
}

static void
take_address (GInetAddress *address, NmapRange *range)
{
  gsize size = g_inet_address_get_native_size (address);

  memset (range, 0, sizeof *range);
  range->is_ipv6 = size == 16;
  memcpy (range->first + 16 - size, g_inet_address_to_bytes (address), size);
  memcpy (range->last, range->first, sizeof range->last);
}

static gboolean
resolve_name (NmapTargets *self, guint index, GResolver *resolver, GCancellable *cancellable, GError **error)
{
  const char *name = g_ptr_array_index (self->texts, index);
  GList *addresses = g_resolver_lookup_by_name (resolver, name, cancellable, error);
  NmapRange range;

  if (addresses == NULL)
    {
      g_prefix_error (error, "the host name %s was not found: ", name);
      return FALSE;
    }

  for (GList *link = addresses; link != NULL; link = link->next)
    {
      take_address (link->data, &range);
      g_array_append_val (self->ranges, range);
    }
  self->arguments->pdata[index] = g_inet_address_to_string (addresses->data);
  g_ptr_array_add (self->names, g_strdup_printf ("%s=%s", (char *) self->arguments->pdata[index], name));
  take_address (addresses->data, &range);
  g_resolver_free_addresses (addresses);
  if (self->ranges->len > 0 && self->texts->len == 1)
    self->is_ipv6 = range.is_ipv6;
  if (range.is_ipv6 == self->is_ipv6)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is of another IP version than the other targets: make two scans of them", name);

  return FALSE;
}

gboolean
nmap_targets_resolve (NmapTargets *targets, GCancellable *cancellable, GError **error)
{
  g_autoptr (GResolver) resolver = g_resolver_get_default ();

  for (guint i = 0; i < targets->texts->len; i++)
    if (g_ptr_array_index (targets->arguments, i) == NULL && !resolve_name (targets, i, resolver, cancellable, error))
      return FALSE;

  return TRUE;
}

static int
compare_networks (gconstpointer a, gconstpointer b)
{
  const NmapRange *left = a;
  const NmapRange *right = b;
  int order = memcmp (left->first, right->first, sizeof left->first);

  return left->is_ipv6 != right->is_ipv6 ? left->is_ipv6 - right->is_ipv6 : order;
}

GArray *
nmap_networks_parse (JsonArray *networks, GError **error)
{
  g_autoptr (GArray) ranges = g_array_new (FALSE, TRUE, sizeof (NmapRange));

  for (guint i = 0; networks != NULL && i < json_array_get_length (networks); i++)
    {
      const char *text = json_array_get_string_element (networks, i);
      NmapRange range;
      guint prefix;

      if (!read_network (text, &range, &prefix) || prefix < (range.is_ipv6 ? 16 : 8))
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/networks/%u: \"%.60s\" is no network: write it as 192.168.1.0/24 or fd00:1::/64; /8, for IPv6 /16, is the largest",
                       i, text);
          return NULL;
        }
      g_array_append_val (ranges, range);
    }
  g_array_sort (ranges, compare_networks);

  return g_steal_pointer (&ranges);
}

/* Adds one; FALSE: that was the last address there is. */
static gboolean
step (guint8 *address)
{
  for (int i = 15; i >= 0; i--)
    if (++address[i] != 0)
      return TRUE;

  return FALSE;
}

/* The networks are in order of their first address, so that what several of them cover together is found in one pass. */
static gboolean
covers (GArray *networks, const NmapRange *range, guint8 *missing)
{
  guint8 next[16];

  memcpy (next, range->first, sizeof next);
  for (guint i = 0; i < networks->len; i++)
    {
      const NmapRange *network = &g_array_index (networks, NmapRange, i);

      if (network->is_ipv6 != range->is_ipv6 || memcmp (network->first, next, 16) > 0 || memcmp (network->last, next, 16) < 0)
        continue;
      if (memcmp (network->last, range->last, 16) >= 0)
        return TRUE;
      memcpy (next, network->last, sizeof next);
      step (next);
    }
  memcpy (missing, next, sizeof next);

  return FALSE;
}

gboolean
nmap_networks_check (GArray *networks, const NmapTargets *targets, GError **error)
{
  guint8 missing[16];

  if (networks->len == 0)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_DENIED, "no network may be scanned yet; " OWN_PLACE);
      return FALSE;
    }

  for (guint i = 0; i < targets->ranges->len; i++)
    {
      const NmapRange *range = &g_array_index (targets->ranges, NmapRange, i);

      if (!covers (networks, range, missing))
        {
          g_autofree char *text = nmap_address_to_text (range->is_ipv6, missing);

          g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "%s is in no network that may be scanned; " OWN_PLACE, text);
          return FALSE;
        }
    }

  return TRUE;
}
