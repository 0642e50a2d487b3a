<%namespace name="library" file="macro/library.html"/>
<%def name="shown(text)">
<i>${text}</i></%def>
${shown(value)}
${library.framed(value)}
