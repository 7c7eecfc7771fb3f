/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <vigilus/vigilus.h>

#include "record.h"

#include <gcrypt.h>
#include <string.h>

#define MIN_CHARACTERS 8
#define MAX_BYTES      1024

#define LOCAL_TYPE_AUTHENTICATOR (local_authenticator_get_type ())
G_DECLARE_FINAL_TYPE (LocalAuthenticator, local_authenticator, LOCAL, AUTHENTICATOR, GObject)

struct _LocalAuthenticator
{
  GObject parent_instance;
};

static char *
local_authenticator_make_record (VigAuthenticator *authenticator, const char *user_name, const char *secret, GError **error)
{
  Record record;

  if (!g_utf8_validate (secret, -1, NULL) || g_utf8_strlen (secret, -1) < MIN_CHARACTERS)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the password must have %d characters or more", MIN_CHARACTERS);
      return NULL;
    }

  if (strlen (secret) > MAX_BYTES)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "the password must have at most %d bytes", MAX_BYTES);
      return NULL;
    }

  record_init (&record);

  return record_compute (&record, secret, record.tag, error) ? record_to_string (&record) : NULL;
}

/* As much work as a real account would cost, so that time does not tell which names exist. */
static gboolean
refuse_slowly (void)
{
  guint8 tag[RECORD_MAX_BYTES];
  Record record;

  record_init (&record);
  record_compute (&record, "nobody has this password", tag, NULL);

  return FALSE;
}

static gboolean
is_equal (const guint8 *one, const guint8 *other, gsize length)
{
  guint8 difference = 0;

  for (gsize i = 0; i < length; i++)
    difference |= one[i] ^ other[i];

  return difference == 0;
}

static gboolean
local_authenticator_verify (VigAuthenticator *authenticator, const char *user_name, const char *text, const char *secret,
                            char **renewed, GError **error)
{
  guint8 tag[RECORD_MAX_BYTES];
  Record record;
  gboolean good;

  *renewed = NULL;
  if (text == NULL || *secret == '\0' || strlen (secret) > MAX_BYTES || !record_parse (text, &record, error))
    return refuse_slowly ();

  if (!record_compute (&record, secret, tag, error))
    return FALSE;

  good = is_equal (tag, record.tag, record.tag_length);
  explicit_bzero (tag, sizeof tag);
  if (good && record_is_weaker (&record))
    *renewed = local_authenticator_make_record (authenticator, user_name, secret, NULL);

  return good;
}

static void
local_authenticator_iface_init (VigAuthenticatorInterface *iface)
{
  iface->make_record = local_authenticator_make_record;
  iface->verify = local_authenticator_verify;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (LocalAuthenticator, local_authenticator, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_AUTHENTICATOR, local_authenticator_iface_init))

static void
local_authenticator_class_init (LocalAuthenticatorClass *klass)
{
}

static void
local_authenticator_init (LocalAuthenticator *self)
{
}

static gboolean
activate (VigHost *host, GError **error)
{
  if (gcry_check_version ("1.10.0") == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "libgcrypt %s has no Argon2; 1.10 does", gcry_check_version (NULL));
      return FALSE;
    }

  vig_host_add_authenticator (host, "local", g_object_new (LOCAL_TYPE_AUTHENTICATOR, NULL));

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "local", activate, NULL };
