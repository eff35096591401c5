# plot: an SVG of what a login takes against the number of users, from the
# lines "bench login ..." of the benchmarks. Both axes are logarithmic. Ways
# that know of no users (mappings= is empty) are lines from side to side.

function value(key,   i, n, parts)
{
	for (i = 3; i <= NF; i++) {
		n = index($i, "=")
		if (substr($i, 1, n - 1) == key)
			return substr($i, n + 1)
	}
	return ""
}

function log10(v)
{
	return log(v) / log(10)
}

function px(users)
{
	return left + (log10(users) - low_x) / (high_x - low_x) * width
}

function py(ms)
{
	return top + (high_y - log10(ms)) / (high_y - low_y) * height
}

function text(x, y, anchor, s)
{
	printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
	    x, y, anchor, s
}

function line(x1, y1, x2, y2, style)
{
	printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n",
	    x1, y1, x2, y2, style
}

$1 == "bench" && $2 == "login" && value("median_ms") != "" {
	name = value("through")
	if (!(name in n_points))
		names[++n_names] = name
	users[name, ++n_points[name]] = value("mappings")
	ms[name, n_points[name]] = value("median_ms")
	if (value("mappings") + 0 > most)
		most = value("mappings") + 0
	if (least_ms == 0 || value("median_ms") + 0 < least_ms)
		least_ms = value("median_ms") + 0
	if (value("median_ms") + 0 > most_ms)
		most_ms = value("median_ms") + 0
}

END {
	if (n_names == 0 || most < 2)
		exit 1
	left = 60; top = 50; width = 520; height = 300
	low_x = log10(10) < log10(most) ? 1 : 0
	high_x = log10(most)
	low_y = log10(least_ms * 0.9)
	high_y = log10(most_ms * 1.1)
	split("list helper static echo pipeline match", order)
	colour["list"] = "#1a7f37"; colour["helper"] = "#0550ae"
	colour["static"] = "#57606a"; colour["echo"] = "#bf8700"
	colour["pipeline"] = "#8250df"; colour["match"] = "#cf222e"

	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" " \
	    "height=\"410\" font-family=\"sans-serif\" font-size=\"12\">\n"
	print "<title>A login against the number of users</title>"
	print "<rect width=\"760\" height=\"410\" fill=\"white\"/>"
	text(left, 25, "start", "a whole login, median in ms")
	text(left + width, top + height + 40, "end", "users in the policy")
	for (e = 0; e <= 6; e++)
		for (i = 1; i <= 3; i++) {
			tick = (i == 1 ? 1 : i == 2 ? 2 : 5) * 10 ^ e
			if (log10(tick) < low_y || log10(tick) > high_y)
				continue
			line(left, py(tick), left + width, py(tick),
			    "stroke=\"#d0d7de\"")
			text(left - 8, py(tick) + 4, "end", tick)
		}
	for (e = low_x; e <= high_x + 0.001; e++) {
		line(px(10 ^ e), top, px(10 ^ e), top + height,
		    "stroke=\"#d0d7de\"")
		text(px(10 ^ e), top + height + 18, "middle", 10 ^ e)
	}
	for (k = 1; k <= n_names; k++) {
		name = names[k]
		style = "stroke=\"" colour[name] "\" stroke-width=\"2\" "
		row = top + 18 * k
		line(left + width + 20, row - 4, left + width + 44, row - 4,
		    style)
		text(left + width + 50, row, "start", name)
		if (users[name, 1] == "") {
			line(left, py(ms[name, 1]), left + width,
			    py(ms[name, 1]), style "stroke-dasharray=\"5 4\"")
			continue
		}
		for (i = 1; i <= n_points[name]; i++) {
			printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" " \
			    "fill=\"%s\"/>\n", px(users[name, i]),
			    py(ms[name, i]), colour[name]
			if (i > 1)
				line(px(users[name, i - 1]),
				    py(ms[name, i - 1]), px(users[name, i]),
				    py(ms[name, i]), style)
		}
	}
	print "</svg>"
}
