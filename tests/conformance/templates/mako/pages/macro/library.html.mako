<%def name="framed(text)">
<p>${text} ${site}</p></%def>
