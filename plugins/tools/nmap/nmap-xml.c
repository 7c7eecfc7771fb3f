/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "nmap-xml.h"

#include <libxml/parser.h>
#include <libxml/SAX2.h>
#include <string.h>

#define MAX_TEXT  512     /* bytes of any one text that are kept */
#define MAX_SPEC  65536   /* bytes of a list of ports */
#define MAX_HOSTS 65536
#define MAX_PORTS 131072  /* of one host */
#define MAX_NAMES 32

struct _NmapXml
{
  xmlParserCtxtPtr  parser;
  xmlSAXHandler     handlers;
  NmapProgressFunc  on_progress;
  gpointer          user_data;
  gsize             n_bytes;
  gboolean          has_root;
  GString          *problem;  /* empty: none */
  GString          *text;     /* of the element that is open, where it is kept */
  gboolean          keeps_text;

  JsonObject       *facts;
  JsonArray        *hosts;
  JsonObject       *host;     /* that is open, or NULL */
  JsonObject       *port;     /* that is open, or NULL */
  gboolean          in_script;
};

/* Attributes come as five pointers each: name, prefix, URI, value, end of the value. */
typedef struct
{
  const xmlChar **list;
  int             n;
} Attributes;

/* Where entities are not expanded, libxml2 leaves each "&" of a value as a reference to itself. */
static char *
decode_value (const xmlChar *start, const xmlChar *end, gsize limit)
{
  g_autoptr (GString) value = g_string_new_len ((const char *) start, (gssize) MIN ((gsize) (end - start), 5 * limit));

  g_string_replace (value, "&#38;", "&", 0);
  g_string_truncate (value, MIN (value->len, limit));

  return g_utf8_make_valid (value->str, (gssize) value->len);
}

static char *
dup_attribute (const Attributes *attributes, const char *name, gsize limit)
{
  for (int i = 0; i < attributes->n; i++)
    {
      const xmlChar **attribute = attributes->list + 5 * i;

      if (g_str_equal ((const char *) attribute[0], name))
        return decode_value (attribute[3], attribute[4], limit);
    }

  return NULL;
}

static gint64
get_number (const Attributes *attributes, const char *name, gint64 fallback)
{
  g_autofree char *text = dup_attribute (attributes, name, 24);
  gint64 number;

  return text != NULL && g_ascii_string_to_signed (text, 10, 0, G_MAXINT64, &number, NULL) ? number : fallback;
}

static void
set_text (JsonObject *object, const char *member, const Attributes *attributes, const char *name)
{
  g_autofree char *text = dup_attribute (attributes, name, MAX_TEXT);

  if (text != NULL)
    json_object_set_string_member (object, member, text);
  else
    json_object_set_null_member (object, member);
}

static void
fail (NmapXml *self, const char *why)
{
  if (self->problem->len == 0)
    g_string_assign (self->problem, why);
  xmlStopParser (self->parser);
}

static void
begin_root (NmapXml *self, const char *name, const Attributes *attributes)
{
  self->has_root = TRUE;
  if (!g_str_equal (name, "nmaprun"))
    {
      fail (self, "it is not written by nmap");
      return;
    }
  set_text (self->facts, "version", attributes, "version");
  set_text (self->facts, "arguments", attributes, "args");
  json_object_set_int_member (self->facts, "time", get_number (attributes, "start", 0));
}

static void
begin_host (NmapXml *self, const Attributes *attributes)
{
  g_autofree char *timed_out = dup_attribute (attributes, "timedout", 8);

  if (json_array_get_length (self->hosts) >= MAX_HOSTS)
    {
      fail (self, "it has too many hosts");
      return;
    }
  g_clear_pointer (&self->host, json_object_unref);
  self->host = vig_json_pack_object ("{s:s, s:n, s:[], s:[], s:b, s:[], s:[], s:n}", "state", "unknown", "reason", "addresses", "names",
                                     "timed_out", g_strcmp0 (timed_out, "true") == 0, "ports", "extra_ports", "os");
}

static void
add_to (JsonObject *object, const char *member, JsonObject *item, guint limit)
{
  JsonArray *array = vig_json_get_array (object, member);

  if (json_array_get_length (array) < limit)
    json_array_add_object_element (array, item);
  else
    json_object_unref (item);
}

static void
add_address (NmapXml *self, const Attributes *attributes)
{
  JsonObject *address = json_object_new ();

  set_text (address, "address", attributes, "addr");
  set_text (address, "type", attributes, "addrtype");
  set_text (address, "vendor", attributes, "vendor");
  add_to (self->host, "addresses", address, MAX_NAMES);
}

static void
add_name (NmapXml *self, const Attributes *attributes)
{
  JsonArray *names = vig_json_get_array (self->host, "names");
  g_autofree char *name = dup_attribute (attributes, "name", MAX_TEXT);

  if (name != NULL && json_array_get_length (names) < MAX_NAMES)
    json_array_add_string_element (names, name);
}

static void
begin_port (NmapXml *self, const Attributes *attributes)
{
  gint64 number = get_number (attributes, "portid", -1);

  g_clear_pointer (&self->port, json_object_unref);
  if (number < 0 || number > 65535)
    return;
  self->port = vig_json_pack_object ("{s:n, s:I, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:[]}", "protocol", "port", number, "state", "reason", "name",
                                     "product", "version", "extra", "tunnel", "cpe");
  set_text (self->port, "protocol", attributes, "protocol");
}

static void
set_state (NmapXml *self, const Attributes *attributes)
{
  JsonObject *object = self->port != NULL ? self->port : self->host;

  set_text (object, "state", attributes, "state");
  set_text (object, "reason", attributes, "reason");
}

static void
set_service (NmapXml *self, const Attributes *attributes)
{
  static const char *const members[][2] = { { "name", "name" }, { "product", "product" }, { "version", "version" }, { "extra", "extrainfo" },
                                            { "tunnel", "tunnel" } };

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    set_text (self->port, members[i][0], attributes, members[i][1]);
}

/* The first is the likeliest. */
static void
add_os (NmapXml *self, const Attributes *attributes)
{
  JsonObject *os;

  if (vig_json_get_object (self->host, "os") != NULL)
    return;
  os = vig_json_pack_object ("{s:I}", "accuracy", get_number (attributes, "accuracy", 0));
  set_text (os, "name", attributes, "name");
  json_object_set_object_member (self->host, "os", os);
}

static void
add_extra_ports (NmapXml *self, const Attributes *attributes)
{
  JsonObject *extra = vig_json_pack_object ("{s:I}", "count", get_number (attributes, "count", 0));

  set_text (extra, "state", attributes, "state");
  add_to (self->host, "extra_ports", extra, MAX_NAMES);
}

static void
begin_in_host (NmapXml *self, const char *name, const Attributes *attributes)
{
  if (g_str_equal (name, "status") && self->port == NULL)
    set_state (self, attributes);
  else if (g_str_equal (name, "address"))
    add_address (self, attributes);
  else if (g_str_equal (name, "hostname"))
    add_name (self, attributes);
  else if (g_str_equal (name, "extraports"))
    add_extra_ports (self, attributes);
  else if (g_str_equal (name, "port"))
    begin_port (self, attributes);
  else if (g_str_equal (name, "state") && self->port != NULL)
    set_state (self, attributes);
  else if (g_str_equal (name, "service") && self->port != NULL)
    set_service (self, attributes);
  else if (g_str_equal (name, "osmatch"))
    add_os (self, attributes);
  else if (g_str_equal (name, "cpe") && self->port != NULL)
    {
      g_string_truncate (self->text, 0);
      self->keeps_text = TRUE;
    }
}

static void
tell_progress (NmapXml *self, const Attributes *attributes)
{
  g_autofree char *task = dup_attribute (attributes, "task", 80);
  g_autofree char *percent = dup_attribute (attributes, "percent", 16);

  if (self->on_progress != NULL && task != NULL)
    self->on_progress (task, percent != NULL ? CLAMP (g_ascii_strtod (percent, NULL) / 100, 0, 1) : 0, get_number (attributes, "remaining", -1), self->user_data);
}

static void
take_ports (NmapXml *self, const Attributes *attributes)
{
  g_autofree char *protocol = dup_attribute (attributes, "protocol", 16);
  g_autofree char *services = dup_attribute (attributes, "services", MAX_SPEC);

  if (protocol != NULL && services != NULL)
    json_object_set_string_member (vig_json_get_object (self->facts, "ports"), protocol, services);
}

static void
take_counts (NmapXml *self, const Attributes *attributes)
{
  static const char *const names[] = { "up", "down", "total" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    json_object_set_int_member (self->facts, names[i], get_number (attributes, names[i], -1));
}

static void
begin_outside (NmapXml *self, const char *name, const Attributes *attributes)
{
  if (!self->has_root)
    begin_root (self, name, attributes);
  else if (g_str_equal (name, "host"))
    begin_host (self, attributes);
  else if (g_str_equal (name, "scaninfo"))
    take_ports (self, attributes);
  else if (g_str_equal (name, "taskprogress") || g_str_equal (name, "taskbegin"))
    tell_progress (self, attributes);
  else if (g_str_equal (name, "hosts"))
    take_counts (self, attributes);
  else if (g_str_equal (name, "finished"))
    {
      set_text (self->facts, "finished", attributes, "exit");
      json_object_set_int_member (self->facts, "time", get_number (attributes, "time", vig_json_get_int (self->facts, "time", 0)));
      set_text (self->facts, "message", attributes, "errormsg");
      /* Versions before 6 tell of errors only. */
      if (vig_json_get_string (self->facts, "finished", NULL) == NULL)
        json_object_set_string_member (self->facts, "finished", "success");
    }
}

static void
on_begin (void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n_namespaces, const xmlChar **namespaces, int n_attributes,
          int n_defaulted, const xmlChar **list)
{
  NmapXml *self = data;
  Attributes attributes = { list, n_attributes };

  if (self->in_script)
    return;
  self->in_script = g_str_equal ((const char *) name, "script");
  if (self->in_script)
    return;
  if (self->host != NULL)
    begin_in_host (self, (const char *) name, &attributes);
  else
    begin_outside (self, (const char *) name, &attributes);
}

static void
end_cpe (NmapXml *self)
{
  JsonArray *cpe = self->port != NULL ? vig_json_get_array (self->port, "cpe") : NULL;

  self->keeps_text = FALSE;
  if (cpe != NULL && json_array_get_length (cpe) < MAX_NAMES && self->text->len > 0)
    {
      g_autofree char *valid = g_utf8_make_valid (self->text->str, (gssize) self->text->len);

      json_array_add_string_element (cpe, valid);
    }
}

static void
on_end (void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
  NmapXml *self = data;

  if (self->in_script)
    {
      self->in_script = !g_str_equal ((const char *) name, "script");
      return;
    }
  if (self->keeps_text)
    end_cpe (self);
  else if (g_str_equal ((const char *) name, "port") && self->port != NULL && self->host != NULL)
    add_to (self->host, "ports", g_steal_pointer (&self->port), MAX_PORTS);
  else if (g_str_equal ((const char *) name, "host") && self->host != NULL)
    json_array_add_object_element (self->hosts, g_steal_pointer (&self->host));
}

static void
on_text (void *data, const xmlChar *text, int length)
{
  NmapXml *self = data;

  if (self->keeps_text)
    g_string_append_len (self->text, (const char *) text, (gssize) MIN ((gsize) length, MAX_TEXT - MIN (MAX_TEXT, self->text->len)));
}

/* "<!DOCTYPE nmaprun>" is what nmap writes; that it names a file is no harm: nothing is loaded. */
static void
on_entity (void *data, const xmlChar *name, int type, const xmlChar *public_id, const xmlChar *system_id, xmlChar *content)
{
  fail (data, "it declares entities, which nmap never does");
}

static void
on_error (void *data, xmlErrorPtr error)
{
  NmapXml *self = data;

  if (error->level < XML_ERR_ERROR || self->problem->len > 0)
    return;
  g_string_printf (self->problem, "line %d: %s", error->line, error->message != NULL ? error->message : "no well-formed XML");
  g_strchomp (self->problem->str);
  self->problem->len = strlen (self->problem->str);
}

NmapXml *
nmap_xml_new (NmapProgressFunc on_progress, gpointer user_data)
{
  NmapXml *self = g_new0 (NmapXml, 1);

  self->on_progress = on_progress;
  self->user_data = user_data;
  self->problem = g_string_new (NULL);
  self->text = g_string_new (NULL);
  self->hosts = json_array_new ();
  self->facts = vig_json_pack_object ("{s:n, s:n, s:n, s:n, s:i, s:i, s:i, s:{}}", "version", "arguments", "finished", "message", "up", -1, "down", -1,
                                      "total", -1, "ports");
  self->handlers.initialized = XML_SAX2_MAGIC;
  self->handlers.startElementNs = on_begin;
  self->handlers.endElementNs = on_end;
  self->handlers.characters = on_text;
  self->handlers.entityDecl = on_entity;
  self->handlers.serror = on_error;
  self->parser = xmlCreatePushParserCtxt (&self->handlers, self, NULL, 0, NULL);
  xmlCtxtUseOptions (self->parser, XML_PARSE_NONET | XML_PARSE_NODICT);

  return self;
}

void
nmap_xml_free (NmapXml *self)
{
  if (self == NULL)
    return;

  if (self->parser->myDoc != NULL)
    xmlFreeDoc (self->parser->myDoc);
  xmlFreeParserCtxt (self->parser);
  g_string_free (self->problem, TRUE);
  g_string_free (self->text, TRUE);
  g_clear_pointer (&self->host, json_object_unref);
  g_clear_pointer (&self->port, json_object_unref);
  json_object_unref (self->facts);
  json_array_unref (self->hosts);
  g_free (self);
}

static gboolean
check (NmapXml *self, int code, GError **error)
{
  if (code == 0 && self->problem->len == 0)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "nmap's output can't be read: %s", self->problem->len > 0 ? self->problem->str : "it is no XML");

  return FALSE;
}

gboolean
nmap_xml_feed (NmapXml *self, const char *text, gsize length, GError **error)
{
  self->n_bytes += length;
  if (self->n_bytes > NMAP_MAX_XML)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "nmap's output is over %d MiB: scan less at once", NMAP_MAX_XML / (1024 * 1024));
      return FALSE;
    }

  return check (self, xmlParseChunk (self->parser, text, (int) length, 0), error);
}

gboolean
nmap_xml_end (NmapXml *self, GError **error)
{
  if (!check (self, xmlParseChunk (self->parser, NULL, 0, 1), error))
    return FALSE;
  if (self->has_root && self->parser->wellFormed)
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "nmap's output ends too early");

  return FALSE;
}

JsonArray *
nmap_xml_get_hosts (NmapXml *self)
{
  return self->hosts;
}

JsonObject *
nmap_xml_get_facts (NmapXml *self)
{
  return self->facts;
}
