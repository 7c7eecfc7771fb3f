/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "html.h"

#include <libxml/HTMLparser.h>
#include <libxml/HTMLtree.h>

#include <string.h>

#define MAX_NODES (1000 * 1000)
#define MAX_LINK  500 /* bytes; a longer one is left out */
#define MAX_TITLE 300 /* bytes */

typedef enum
{
  LOOK_INLINE,
  LOOK_BLOCK,
  LOOK_SKIP,
} Look;

typedef struct
{
  GString    *out;
  GUri       *base;
  GString    *link;     /* what stands in the link that is open, or NULL */
  char       *target;   /* of that link */
  guint       pre;      /* how deep in preformatted text */
  guint       newlines; /* at the end of what is written */
  gboolean    space;    /* one is owed before the next word */
  guint       list_depth;
} Writer;

static const char *const blocks[] = {
  "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure",
  "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot",
  "thead", "tr", "ul", NULL,
};

static const char *const skipped[] = {
  "applet", "audio", "base", "canvas", "datalist", "embed", "frame", "frameset", "head", "iframe", "link", "map", "math", "meta", "noembed", "noframes", "noscript", "object",
  "param", "script", "select", "source", "style", "svg", "template", "textarea", "title", "track", "video", NULL,
};

static gboolean
has_name (xmlNode *node, const char *name)
{
  return node->type == XML_ELEMENT_NODE && strcmp ((const char *) node->name, name) == 0;
}

static char *
dup_attribute (xmlNode *node, const char *name)
{
  xmlChar *value = xmlGetProp (node, (const xmlChar *) name);
  char *copy = value != NULL ? g_utf8_make_valid ((const char *) value, -1) : NULL;

  xmlFree (value);

  return copy;
}

/* People do not see it, so a model is not to read it either. */
static gboolean
is_hidden (xmlNode *node)
{
  g_autofree char *style = dup_attribute (node, "style");
  g_autofree char *aria = dup_attribute (node, "aria-hidden");
  g_autofree char *plain = style != NULL ? g_ascii_strdown (style, -1) : g_strdup ("");
  char *to = plain;

  for (const char *from = plain; *from != '\0'; from++)
    if (!g_ascii_isspace (*from))
      *to++ = *from;
  *to = '\0';

  return xmlHasProp (node, (const xmlChar *) "hidden") != NULL || g_strcmp0 (aria, "true") == 0 || strstr (plain, "display:none") != NULL
         || strstr (plain, "visibility:hidden") != NULL || strstr (plain, "font-size:0") != NULL || strstr (plain, "opacity:0;") != NULL
         || g_str_has_suffix (plain, "opacity:0");
}

static Look
get_look (xmlNode *node)
{
  const char *name = (const char *) node->name;

  if (g_strv_contains (skipped, name) || is_hidden (node))
    return LOOK_SKIP;

  return g_strv_contains (blocks, name) ? LOOK_BLOCK : LOOK_INLINE;
}

static GString *
get_sink (Writer *self)
{
  return self->link != NULL ? self->link : self->out;
}

static void
put_space (Writer *self)
{
  GString *sink = get_sink (self);

  if (self->space && sink->len > 0 && sink->str[sink->len - 1] != '\n')
    g_string_append_c (sink, ' ');
  self->space = FALSE;
}

static void
put (Writer *self, const char *text)
{
  GString *sink = get_sink (self);

  if (*text == '\0')
    return;
  put_space (self);
  g_string_append (sink, text);
  if (sink == self->out)
    self->newlines = 0;
}

static void
break_line (Writer *self, guint n)
{
  self->space = FALSE;
  if (self->link != NULL)
    {
      self->space = self->link->len > 0;
      return;
    }
  for (; self->newlines < n && self->out->len > 0; self->newlines++)
    g_string_append_c (self->out, '\n');
}

/* Blanks count as one, but in preformatted text. */
static void
put_text (Writer *self, const char *raw)
{
  g_autofree char *text = g_utf8_make_valid (raw, -1);
  g_auto (GStrv) words = NULL;

  if (self->pre > 0 && self->link == NULL)
    {
      put (self, text);
      self->newlines = g_str_has_suffix (text, "\n") ? 1 : 0;
      return;
    }

  g_strdelimit (text, " \t\r\n\f", ' ');
  words = g_strsplit (text, " ", -1);
  for (guint i = 0; words[i] != NULL; i++)
    {
      if (i > 0)
        self->space = TRUE;
      put (self, words[i]);
    }
}

static char *
dup_target (Writer *self, xmlNode *node)
{
  g_autofree char *href = dup_attribute (node, "href");
  g_autoptr (GUri) uri = NULL;
  char *text;

  if (href == NULL || *href == '#')
    return NULL;

  g_strstrip (href);
  uri = self->base != NULL ? g_uri_parse_relative (self->base, href, G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE, NULL)
                           : g_uri_parse (href, G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE, NULL);
  if (uri == NULL || (!g_str_equal (g_uri_get_scheme (uri), "http") && !g_str_equal (g_uri_get_scheme (uri), "https")))
    return NULL;

  text = g_uri_to_string (uri);
  if (strlen (text) > MAX_LINK)
    g_clear_pointer (&text, g_free);

  return text;
}

static void
open_link (Writer *self, xmlNode *node)
{
  if (self->link != NULL)
    return;

  put_space (self);
  self->target = dup_target (self, node);
  self->link = g_string_new (NULL);
}

static void
close_link (Writer *self)
{
  g_autoptr (GString) words = g_steal_pointer (&self->link);
  g_autofree char *target = g_steal_pointer (&self->target);
  g_autofree char *text = NULL;
  gboolean space = self->space;

  if (words == NULL)
    return;

  self->space = FALSE;
  text = target != NULL && words->len > 0 ? g_strdup_printf ("[%s](%s)", words->str, target) : g_strdup (words->str);
  put (self, text);
  self->space = space;
}

static void
open_block (Writer *self, xmlNode *node)
{
  const char *name = (const char *) node->name;
  gboolean is_heading = name[0] == 'h' && name[1] >= '1' && name[1] <= '6' && name[2] == '\0';
  gboolean is_row = self->list_depth > 0 || has_name (node, "li") || has_name (node, "tr") || has_name (node, "dt") || has_name (node, "dd");

  break_line (self, is_row || has_name (node, "div") ? 1 : 2);
  if (is_heading)
    {
      static const char marks[] = "######";

      put (self, marks + 6 - (name[1] - '0'));
      self->space = TRUE;
    }
  else if (has_name (node, "li"))
    {
      for (guint i = 1; i < MIN (self->list_depth, 8); i++)
        put (self, "  ");
      put (self, "-");
      self->space = TRUE;
    }
  else if (has_name (node, "ul") || has_name (node, "ol"))
    self->list_depth++;
  else if (has_name (node, "pre"))
    self->pre++;
  else if (has_name (node, "hr"))
    put (self, "---");
}

static void
close_block (Writer *self, xmlNode *node)
{
  if (has_name (node, "ul") || has_name (node, "ol"))
    self->list_depth -= self->list_depth > 0 ? 1 : 0;
  else if (has_name (node, "pre"))
    self->pre -= self->pre > 0 ? 1 : 0;
  break_line (self, has_name (node, "p") || has_name (node, "pre") || has_name (node, "table") ? 2 : 1);
}

static void
put_image (Writer *self, xmlNode *node)
{
  g_autofree char *alt = dup_attribute (node, "alt");

  if (alt == NULL || *g_strstrip (alt) == '\0')
    return;

  put (self, "[image:");
  self->space = TRUE;
  put_text (self, alt);
  put (self, "]");
}

static void
enter (Writer *self, xmlNode *node)
{
  if (has_name (node, "a"))
    open_link (self, node);
  else if (has_name (node, "br"))
    break_line (self, self->newlines + 1);
  else if (has_name (node, "img"))
    put_image (self, node);
  else if ((has_name (node, "td") || has_name (node, "th")) && node->prev != NULL && xmlPreviousElementSibling (node) != NULL)
    {
      self->space = TRUE;
      put (self, "|");
      self->space = TRUE;
    }
  else if (get_look (node) == LOOK_BLOCK)
    open_block (self, node);
}

static void
leave (Writer *self, xmlNode *node)
{
  if (has_name (node, "a"))
    close_link (self);
  else if (get_look (node) == LOOK_BLOCK)
    close_block (self, node);
}

/* Without recursion: pages nest as deep as they like. */
static void
walk (Writer *self, xmlNode *root)
{
  xmlNode *node = root;
  guint n_nodes = 0;

  while (node != NULL && n_nodes++ < MAX_NODES)
    {
      gboolean into = node->type == XML_ELEMENT_NODE && get_look (node) != LOOK_SKIP;

      if (node->type == XML_TEXT_NODE && node->content != NULL)
        put_text (self, (const char *) node->content);
      if (into)
        enter (self, node);
      if (into && node->children != NULL)
        {
          node = node->children;
          continue;
        }
      if (into)
        leave (self, node);
      while (node != root && node->next == NULL)
        {
          node = node->parent;
          if (node->type == XML_ELEMENT_NODE)
            leave (self, node);
        }
      node = node != root ? node->next : NULL;
    }
}

static xmlNode *
find_title (xmlNode *root)
{
  for (xmlNode *head = root->children; head != NULL; head = head->next)
    for (xmlNode *node = has_name (head, "head") ? head->children : NULL; node != NULL; node = node->next)
      if (has_name (node, "title"))
        return node;

  return NULL;
}

static char *
dup_title (xmlNode *root)
{
  xmlNode *node = find_title (root);
  xmlChar *content = node != NULL ? xmlNodeGetContent (node) : NULL;
  g_autofree char *text = content != NULL ? g_utf8_make_valid ((const char *) content, -1) : NULL;
  const char *end = NULL;

  xmlFree (content);
  if (text == NULL || *g_strstrip (g_strdelimit (text, "\r\n\t", ' ')) == '\0')
    return NULL;
  if (strlen (text) <= MAX_TITLE)
    return g_steal_pointer (&text);

  end = g_utf8_find_prev_char (text, text + MAX_TITLE);

  return g_strndup (text, end - text);
}

char *
web_html_to_text (GBytes *html, const char *charset, const char *base, char **title)
{
  const int options = HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET | HTML_PARSE_COMPACT;
  gsize length = 0;
  const char *bytes = g_bytes_get_data (html, &length);
  htmlDocPtr document = length > 0 && length < G_MAXINT ? htmlReadMemory (bytes, (int) length, NULL, charset, options) : NULL;
  xmlNode *root = document != NULL ? xmlDocGetRootElement (document) : NULL;
  Writer writer = { 0 };

  *title = root != NULL ? dup_title (root) : NULL;
  writer.out = g_string_new (NULL);
  writer.base = base != NULL ? g_uri_parse (base, G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE, NULL) : NULL;
  if (root != NULL)
    walk (&writer, root);
  close_link (&writer);
  g_clear_pointer (&writer.base, g_uri_unref);
  g_clear_pointer (&document, xmlFreeDoc);

  return root != NULL ? g_strchomp (g_string_free (writer.out, FALSE)) : (g_string_free (writer.out, TRUE), NULL);
}
