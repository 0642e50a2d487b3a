one
two
<p>${fail()}</p>
four
