/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-fetch-private.h"

#include <string.h>

#define MAX_URI       4096 /* bytes */
#define MAX_ADDRESSES 16

/* A name with addresses that are known already. TLS reads the name, the socket client the addresses. */
#define VIG_TYPE_CHECKED_ADDRESS (vig_checked_address_get_type ())
GType vig_checked_address_get_type (void);

typedef struct
{
  GNetworkAddress parent_instance;
  GList          *addresses; /* of GInetAddress */
} VigCheckedAddress;

typedef GNetworkAddressClass VigCheckedAddressClass;

#define VIG_TYPE_CHECKED_ENUMERATOR (vig_checked_enumerator_get_type ())
G_DECLARE_FINAL_TYPE (VigCheckedEnumerator, vig_checked_enumerator, VIG, CHECKED_ENUMERATOR, GSocketAddressEnumerator)

struct _VigCheckedEnumerator
{
  GSocketAddressEnumerator parent_instance;

  VigCheckedAddress *address;
  GList             *next;
};

G_DEFINE_FINAL_TYPE (VigCheckedEnumerator, vig_checked_enumerator, G_TYPE_SOCKET_ADDRESS_ENUMERATOR)

static GSocketAddress *
vig_checked_enumerator_next (GSocketAddressEnumerator *enumerator, GCancellable *cancellable, GError **error)
{
  VigCheckedEnumerator *self = VIG_CHECKED_ENUMERATOR (enumerator);
  GInetAddress *address;

  if (self->next == NULL)
    return NULL;

  address = self->next->data;
  self->next = self->next->next;

  return g_inet_socket_address_new (address, g_network_address_get_port (G_NETWORK_ADDRESS (self->address)));
}

static void
vig_checked_enumerator_finalize (GObject *object)
{
  g_object_unref (VIG_CHECKED_ENUMERATOR (object)->address);

  G_OBJECT_CLASS (vig_checked_enumerator_parent_class)->finalize (object);
}

static void
vig_checked_enumerator_class_init (VigCheckedEnumeratorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_checked_enumerator_finalize;
  G_SOCKET_ADDRESS_ENUMERATOR_CLASS (klass)->next = vig_checked_enumerator_next;
}

static void
vig_checked_enumerator_init (VigCheckedEnumerator *self)
{
}

static GSocketAddressEnumerator *
vig_checked_address_enumerate (GSocketConnectable *connectable)
{
  VigCheckedEnumerator *enumerator = g_object_new (VIG_TYPE_CHECKED_ENUMERATOR, NULL);

  enumerator->address = (VigCheckedAddress *) g_object_ref (connectable);
  enumerator->next = enumerator->address->addresses;

  return G_SOCKET_ADDRESS_ENUMERATOR (enumerator);
}

static void
vig_checked_address_iface_init (GSocketConnectableIface *iface)
{
  iface->enumerate = vig_checked_address_enumerate;
  iface->proxy_enumerate = vig_checked_address_enumerate;
}

G_DEFINE_TYPE_WITH_CODE (VigCheckedAddress, vig_checked_address, G_TYPE_NETWORK_ADDRESS,
                         G_IMPLEMENT_INTERFACE (G_TYPE_SOCKET_CONNECTABLE, vig_checked_address_iface_init))

static void
vig_checked_address_finalize (GObject *object)
{
  g_list_free_full (((VigCheckedAddress *) object)->addresses, g_object_unref);

  G_OBJECT_CLASS (vig_checked_address_parent_class)->finalize (object);
}

static void
vig_checked_address_class_init (VigCheckedAddressClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_checked_address_finalize;
}

static void
vig_checked_address_init (VigCheckedAddress *self)
{
}

void
vig_fetch_target_free (VigFetchTarget *target)
{
  g_uri_unref (target->uri);
  g_list_free_full (target->addresses, g_object_unref);
  g_free (target);
}

static int
get_port (GUri *uri)
{
  if (g_uri_get_port (uri) > 0)
    return g_uri_get_port (uri);

  return g_str_equal (g_uri_get_scheme (uri), "https") ? 443 : 80;
}

gboolean
vig_fetch_same_origin (GUri *a, GUri *b)
{
  return g_str_equal (g_uri_get_scheme (a), g_uri_get_scheme (b)) && get_port (a) == get_port (b)
         && g_ascii_strcasecmp (g_uri_get_host (a), g_uri_get_host (b)) == 0;
}

GSocketConnectable *
vig_fetch_target_connectable (VigFetchTarget *target)
{
  VigCheckedAddress *address = g_object_new (VIG_TYPE_CHECKED_ADDRESS,
                                             "hostname", g_uri_get_host (target->uri),
                                             "port", (guint) get_port (target->uri),
                                             "scheme", g_uri_get_scheme (target->uri), NULL);

  address->addresses = g_list_copy_deep (target->addresses, (GCopyFunc) (void (*) (void)) g_object_ref, NULL);

  return G_SOCKET_CONNECTABLE (address);
}

/* What follows "//"; NULL: the address has no host of its own. */
static const char *
find_authority (const char *text)
{
  const char *end = strpbrk (text, ":/?#");

  if (g_str_has_prefix (text, "//"))
    return text + 2;

  return end != NULL && g_str_has_prefix (end, "://") ? end + 3 : NULL;
}

/* As it is written: what parsers read in different ways is none of ours. */
static gboolean
check_authority (const char *text, gboolean is_relative, GError **error)
{
  const char *start = find_authority (text);
  g_autofree char *authority = start != NULL ? g_strndup (start, strcspn (start, "/?#")) : NULL;

  if (authority == NULL ? is_relative : *authority != '\0' && strpbrk (authority, "@%") == NULL)
    return TRUE;

  if (authority == NULL || *authority == '\0')
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "an address begins with http:// or https:// and a host");
  else
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the host of an address has no user name and nothing encoded");

  return FALSE;
}

static gboolean
check_characters (const char *text, GError **error)
{
  if (!g_utf8_validate (text, -1, NULL))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the address is not UTF-8");
      return FALSE;
    }
  if (strlen (text) > MAX_URI)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "an address has at most %d bytes", MAX_URI);
      return FALSE;
    }
  for (const guchar *c = (const guchar *) text; *c != '\0'; c++)
    if (*c <= ' ' || *c == 0x7F || *c == '\\')
      {
        g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "an address has no blanks, backslashes and control characters: encode them");
        return FALSE;
      }

  return TRUE;
}

GUri *
vig_fetch_parse_uri (const char *text, GUri *base, GError **error)
{
  const GUriFlags flags = G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GUri) uri = NULL;

  if (!check_characters (text, error) || !check_authority (text, base != NULL, error))
    return NULL;

  uri = base != NULL ? g_uri_parse_relative (base, text, flags, &local_error) : g_uri_parse (text, flags, &local_error);
  if (uri == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "this is no address: %s", local_error->message);
      return NULL;
    }
  if (!g_str_equal (g_uri_get_scheme (uri), "http") && !g_str_equal (g_uri_get_scheme (uri), "https"))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s: is not fetched: only http and https are", g_uri_get_scheme (uri));
      return NULL;
    }
  if (g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0' || g_uri_get_userinfo (uri) != NULL || g_uri_get_port (uri) == 0)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the address names no host that can be reached");
      return NULL;
    }

  return g_steal_pointer (&uri);
}

static gboolean
is_allowed (GInetAddress *address, const char * const *networks)
{
  VigAddressKind kind = vig_address_classify (address);

  for (guint i = 0; kind == VIG_ADDRESS_PRIVATE && networks != NULL && networks[i] != NULL; i++)
    {
      g_autoptr (GInetAddressMask) mask = g_inet_address_mask_new_from_string (networks[i], NULL);

      if (mask != NULL && g_inet_address_mask_matches (mask, address))
        return TRUE;
    }

  return kind == VIG_ADDRESS_PUBLIC;
}

/* One address that must not be reached is enough: which of them is taken is not ours to say. */
static gboolean
check_addresses (const char *host, GList *addresses, const char * const *networks, GError **error)
{
  for (GList *l = addresses; l != NULL; l = l->next)
    if (!is_allowed (l->data, networks))
      {
        g_autofree char *text = g_inet_address_to_string (l->data);
        gboolean private = vig_address_classify (l->data) == VIG_ADDRESS_PRIVATE;

        g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "%s leads to %s, which is %s: it is not fetched. %s", host, text,
                     private ? "in a private network" : "reserved, or this machine",
                     private ? "An administrator can allow the network under Settings, or describe an HTTP tool for it." : "No setting allows that.");
        return FALSE;
      }

  return TRUE;
}

static void
looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **kept = user_data;

  *kept = g_object_ref (result);
}

static GList *
look_up (const char *host, GCancellable *cancellable, GError **error)
{
  g_autoptr (GResolver) resolver = g_resolver_get_default ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) local_error = NULL;
  GList *addresses;

  g_resolver_lookup_by_name_async (resolver, host, cancellable, looked_up, &result);
  while (result == NULL)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  addresses = g_resolver_lookup_by_name_finish (resolver, result, &local_error);
  if (addresses == NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "there is no address for %s: %s", host,
                 local_error != NULL ? local_error->message : "the resolver knows none");

  return addresses;
}

/* Names of this machine need no resolver, whose answer may differ. RFC 6761. */
static gboolean
is_local_name (const char *host)
{
  g_autofree char *name = g_ascii_strdown (host, -1);
  gsize length = strlen (name);

  if (length > 0 && name[length - 1] == '.')
    name[length - 1] = '\0';

  return g_str_equal (name, "localhost") || g_str_has_suffix (name, ".localhost");
}

VigFetchTarget *
vig_fetch_target_new (GUri *uri, VigFetchReach reach, const char * const *networks, GCancellable *cancellable, GError **error)
{
  g_autoptr (VigFetchTarget) target = g_new0 (VigFetchTarget, 1);
  const char *host = g_uri_get_host (uri);

  target->uri = g_uri_ref (uri);
  if (reach == VIG_FETCH_ANYWHERE)
    return g_steal_pointer (&target);
  if (is_local_name (host))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "%s is this machine: it is not fetched", host);
      return NULL;
    }

  target->addresses = look_up (host, cancellable, error);
  if (target->addresses == NULL || !check_addresses (host, target->addresses, networks, error))
    return NULL;
  while (g_list_length (target->addresses) > MAX_ADDRESSES)
    {
      GList *last = g_list_last (target->addresses);

      g_object_unref (last->data);
      target->addresses = g_list_delete_link (target->addresses, last);
    }

  return g_steal_pointer (&target);
}
