<%block filter="striptags, upper"><b>${value}</b></%block>
${""}
