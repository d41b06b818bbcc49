package markup

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// looks is what the characters inside of an element look like; what Markdown has no marks for is lost.
func (r *htmlReader) looks(n *html.Node, look cell) cell {
	icon := false
	for _, c := range classes(n) {
		icon = icon || c == "fa" || strings.HasPrefix(c, "fa-") || c == "oi"
		r.lose(lostByClass(c))
	}
	for _, a := range n.Attr {
		r.lose(lostByAttribute(n, a))
	}
	if !icon {
		look.style |= byElement[n.DataAtom]
		r.lose(lostByElement[n.DataAtom])
	}
	if style, ok := attribute(n, "style"); ok {
		look = r.styles(style, look)
	}
	if n.DataAtom == atom.A {
		look = r.linked(n, look)
	}
	return look
}

// linked is the look of a link. One that leads nowhere outside of Odoo is text.
func (r *htmlReader) linked(n *html.Node, look cell) cell {
	href, ok := attribute(n, "href")
	switch to := address(href); {
	case !ok:
	case hasClass(n, "o_mail_redirect") || hasClass(n, "o_channel_redirect"):
		r.lose("a mention")
	case !linkable(to):
		r.lose("a link that leads nowhere outside of Odoo")
	default:
		tip, _ := attribute(n, "title")
		look.link = &link{href: to, title: title(tip)}
	}
	return look
}

var byElement = map[atom.Atom]style{
	atom.B: bold, atom.Strong: bold, atom.I: italic, atom.Em: italic, atom.S: strike, atom.Strike: strike, atom.Del: strike,
	atom.Code: monospace, atom.Tt: monospace, atom.Kbd: monospace, atom.Samp: monospace,
}

const (
	lostColours   = "colours"
	lostFonts     = "fonts"
	lostAlignment = "alignment"
	lostUnderline = "underlined words"
	lostVideo     = "a video"
	lostForm      = "a form"
	lostEmbedded  = "an embedded block"
	lostRaised    = "raised or lowered letters"
)

var lostByElement = map[atom.Atom]string{
	atom.Table: "a table", atom.U: lostUnderline, atom.Ins: lostUnderline, atom.Sub: lostRaised, atom.Sup: lostRaised,
	atom.Mark: lostColours, atom.Small: lostFonts, atom.Big: lostFonts, atom.Center: lostAlignment, atom.Video: lostVideo,
	atom.Audio: "a sound", atom.Iframe: lostEmbedded, atom.Object: lostEmbedded, atom.Embed: lostEmbedded, atom.Canvas: lostEmbedded,
	atom.Svg: "an image", atom.Math: "a formula", atom.Form: lostForm, atom.Input: lostForm, atom.Select: lostForm, atom.Textarea: lostForm,
	atom.Button: "a button", atom.Details: "a block that folds", atom.Dl: "a list of definitions", atom.Script: "a script",
	atom.Abbr: "abbreviations", atom.Q: "marks of quotation", atom.Ruby: "ruby letters",
}

// lostClasses are the classes of Odoo's editor that stand for something.
var lostClasses = map[string]string{
	"o_checklist": "a checklist", "media_iframe_video": lostVideo, "o_editor_banner": "a banner", "alert": "a banner", "btn": "a button",
	"o_stars": "stars", "o_text_columns": "columns", "fa": "an icon", "oi": "an icon", "o_image": "a file", "o_file_box": "a file",
	"text-center": lostAlignment, "text-end": lostAlignment, "text-right": lostAlignment, "text-justify": lostAlignment,
	"text-primary": lostColours, "text-secondary": lostColours, "text-success": lostColours, "text-danger": lostColours,
	"text-warning": lostColours, "text-info": lostColours, "text-muted": lostColours, "text-white": lostColours, "text-black": lostColours,
	"text-dark": lostColours, "text-light": lostColours, "small": lostFonts, "lead": lostFonts,
}

// lostPrefixes are the beginnings of such classes.
var lostPrefixes = []struct{ prefix, lost string }{
	{"bg-", lostColours}, {"text-o-", lostColours}, {"text-gradient", lostColours}, {"display-", lostFonts}, {"fs-", lostFonts},
	{"o_embedded", lostEmbedded},
}

func lostByClass(class string) string {
	if lost := lostClasses[class]; lost != "" {
		return lost
	}
	for _, p := range lostPrefixes {
		if strings.HasPrefix(class, p.prefix) {
			return p.lost
		}
	}
	if strings.HasSuffix(class, "-fs") {
		return lostFonts
	}
	return ""
}

// lostAttributes are what attributes stand for, on the one element or on any ("").
var lostAttributes = map[[2]string]string{
	{"", "color"}: lostColours, {"", "bgcolor"}: lostColours, {"font", "face"}: lostFonts, {"font", "size"}: lostFonts,
	{"", "data-embedded"}: lostEmbedded, {"", "data-behavior-props"}: lostEmbedded, {"img", "width"}: "the size of an image",
	{"img", "height"}: "the size of an image", {"li", "value"}: "list numbers", {"ol", "reversed"}: "list numbers",
}

func lostByAttribute(n *html.Node, a html.Attribute) string {
	value := strings.ToLower(strings.TrimSpace(a.Val))
	switch {
	case a.Key == "align" && value != "left" && value != "" && n.DataAtom != atom.Img:
		return lostAlignment
	case n.DataAtom == atom.Ol && a.Key == "type" && value != "1":
		return "list numbers"
	case lostAttributes[[2]string{"", a.Key}] != "":
		return lostAttributes[[2]string{"", a.Key}]
	default:
		return lostAttributes[[2]string{n.Data, a.Key}]
	}
}

// styles reads the style attribute of an element.
func (r *htmlReader) styles(source string, look cell) cell {
	for declaration := range strings.SplitSeq(source, ";") {
		name, value, _ := strings.Cut(declaration, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.ToLower(strings.TrimSpace(value))
		value = strings.TrimSpace(strings.TrimSuffix(value, "!important"))
		switch name {
		case "font-weight":
			look.style = weight(look.style, value)
		case "font-style":
			look.style = switched(look.style, italic, value == "italic" || strings.HasPrefix(value, "oblique"), value == "normal")
		case "text-decoration", "text-decoration-line":
			look.style |= r.decoration(value)
		default:
			r.lose(lostByStyle(name, value))
		}
	}
	return look
}

func weight(s style, value string) style {
	n, _ := strconv.Atoi(value)
	return switched(s, bold, value == "bold" || value == "bolder" || n >= 600, value == "normal" || value == "lighter" || (n > 0 && n < 600))
}

func switched(s, of style, on, off bool) style {
	switch {
	case on:
		return s | of
	case off:
		return s &^ of
	default:
		return s
	}
}

func (r *htmlReader) decoration(value string) style {
	var s style
	if strings.Contains(value, "underline") {
		r.lose(lostUnderline)
	}
	if strings.Contains(value, "line-through") {
		s = strike
	}
	return s
}

// neutral are the values of a style that say nothing.
var neutral = map[string]bool{
	"": true, "inherit": true, "initial": true, "unset": true, "revert": true, "normal": true, "none": true, "transparent": true,
	"auto": true, "rgba(0, 0, 0, 0)": true, "currentcolor": true, "baseline": true,
}

// lostStyles are what properties stand for.
var lostStyles = map[string]string{
	"color": lostColours, "background-color": lostColours, "background": lostColours, "background-image": lostColours,
	"font-size": lostFonts, "font-family": lostFonts, "font": lostFonts, "font-variant": lostFonts, "letter-spacing": lostFonts,
	"text-transform": lostFonts, "list-style-type": "list numbers", "list-style": "list numbers", "column-count": "columns", "columns": "columns",
}

func lostByStyle(name, value string) string {
	switch {
	case neutral[value]:
		return ""
	case name == "text-align" && value != "left" && value != "start":
		return lostAlignment
	case name == "vertical-align" && (value == "sub" || value == "super"):
		return lostRaised
	default:
		return lostStyles[name]
	}
}
